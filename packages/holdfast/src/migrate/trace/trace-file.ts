import { setTimeout as sleep } from 'node:timers/promises'
import { type MigrationClient, unlimited } from '../migration-client.js'
import type { MigrationFile } from '../migration-file.js'
import { fileError } from '../send-file.js'
import type { ServerError } from '../server-error.js'
import { LockObserver, type StatementLock } from './lock-observer.js'
import { type FileStatement, splitStatements } from './split-statements.js'

/** One statement with the locks that it takes. */
export interface TracedStatement {
  /** Where it begins in its file, from 1. */
  readonly line: number
  readonly text: string
  /** What it newly takes; each lock is held until the file ends. */
  readonly locks: readonly StatementLock[]
}

const CONSEQUENCE = 'This was in the shadow database; nothing else was touched.'

/** How often a statement that cannot be stopped in the middle is looked at. */
const LOOK_MILLIS = 5

/** Applies a file in one piece, as the runner does, without looking at locks. */
export async function applyUntraced(client: MigrationClient, file: MigrationFile): Promise<void> {
  if (!file.transactional) return send(client, file, whole(file))
  await client.query('BEGIN')
  await send(client, file, whole(file))
  await client.query('COMMIT')
}

/** Applies a file statement by statement in one transaction, and tells after each which locks have come. */
export async function traceInTransaction(
  client: MigrationClient,
  file: MigrationFile,
): Promise<readonly TracedStatement[]> {
  const observer = new LockObserver(client, await pidOf(client))
  const traced: TracedStatement[] = []
  await client.query('BEGIN')
  await observer.begin()
  for (const statement of await splitStatements(file.text)) {
    await send(client, file, statement)
    traced.push({ line: statement.line, text: statement.text.trim(), locks: await observer.next() })
  }
  await client.query('COMMIT')
  return traced
}

/**
 * Applies a `no-transaction` file, which ends its own transactions before anybody could look at their locks. So a
 * second connection holds on each table what every writer holds, until the statement waits for it or is done.
 */
export async function traceAlone(
  client: MigrationClient,
  file: MigrationFile,
  second: MigrationClient,
): Promise<readonly TracedStatement[]> {
  const pid = await pidOf(client)
  const observer = new LockObserver(second, pid)
  await second.query('BEGIN')
  await lockLikeWriters(second)
  await observer.begin()
  const running = new Running(send(client, file, whole(file)))
  const locks = await watchUntilItWaits(running, observer, () => isWaiting(second, pid))
  await second.query('COMMIT')
  await running.done
  const [statement = whole(file)] = await splitStatements(file.text)
  return [{ line: statement.line, text: statement.text.trim(), locks }]
}

async function lockLikeWriters(client: MigrationClient): Promise<void> {
  const { rows } = await client.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`,
  )
  for (const { name } of rows) await client.query(`LOCK TABLE ONLY ${name} IN ROW EXCLUSIVE MODE`)
}

async function watchUntilItWaits(
  running: Running,
  observer: LockObserver,
  waits: () => Promise<boolean>,
): Promise<readonly StatementLock[]> {
  const locks = new Map<string, StatementLock>()
  for (let waiting = false; !running.hasEnded && !waiting; await sleep(LOOK_MILLIS)) {
    waiting = await waits()
    for (const lock of await observer.next()) locks.set(`${lock.relation} ${lock.mode}`, lock)
  }
  return [...locks.values()]
}

async function isWaiting(client: MigrationClient, pid: number): Promise<boolean> {
  const { rows } = await client.query('SELECT cardinality(pg_blocking_pids($1)) > 0 AS waits', [pid])
  return rows[0]?.waits === true
}

/** A statement on its way, and whether its answer has come. */
class Running {
  readonly done: Promise<void>
  hasEnded = false

  constructor(sent: Promise<void>) {
    this.done = sent.finally(() => {
      this.hasEnded = true
    })
    // Whoever awaits it later is told.
    this.done.catch(() => {})
  }
}

async function pidOf(client: MigrationClient): Promise<number> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  return Number(rows[0]?.pid)
}

function whole({ text }: MigrationFile): FileStatement {
  return { text, line: 1, before: 0 }
}

async function send(client: MigrationClient, file: MigrationFile, statement: FileStatement): Promise<void> {
  try {
    await client.query(unlimited(statement.text, file.transactional ? undefined : 'extended'))
  } catch (error) {
    throw fileError(file, error as ServerError, { consequence: CONSEQUENCE, before: statement.before })
  }
}

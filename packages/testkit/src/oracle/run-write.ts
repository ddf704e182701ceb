import type { Statement, Step, Write } from './case.js'
import type { CachingPool, Nesting, Sender } from './pools.js'

/** Thrown to have something rolled back. */
class Undone extends Error {}

/** Does a write in the way it is to be done; false when the server refused it. */
export async function runWrite(pool: CachingPool, write: Write): Promise<boolean> {
  try {
    await runIn(pool, write)
    return true
  } catch (error) {
    if (error instanceof Undone || isAnswer(error)) return false
    throw error
  }
}

function runIn(pool: CachingPool, { way, steps, undone }: Write): Promise<void> {
  if (way === 'transaction') return pool.transaction(inner => nest(inner, steps, undone))
  if (way === 'client') return withClient(pool, steps, undone)
  return inOrder(steps, step => ('text' in step ? send(pool, step) : Promise.resolve()))
}

/** Whether an error is the server's answer, and not one of the pool. */
export function isAnswer(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code))
}

/** One after the other. */
async function inOrder(steps: readonly Step[], run: (step: Step) => Promise<void>): Promise<void> {
  for (const step of steps) await run(step)
}

async function send(sender: Sender, statement: Statement): Promise<void> {
  await sender.query({ ...statement, values: [...statement.values] })
}

/** Steps in a transaction of the pool's; what is undone throws. */
async function nest(transaction: Nesting, steps: readonly Step[], undone: boolean): Promise<void> {
  await inOrder(steps, step => {
    if ('text' in step) return send(transaction, step)
    return transaction.transaction(inner => nest(inner, step.steps, step.undone)).catch(forgive)
  })
  if (undone) throw new Undone()
}

/** What is undone behind a savepoint leaves the transaction as it was. */
function forgive(error: unknown): void {
  if (!(error instanceof Undone || isAnswer(error))) throw error
}

/** Steps in a transaction that is spelled out on a borrowed client. */
async function withClient(pool: CachingPool, steps: readonly Step[], undone: boolean): Promise<void> {
  const client = await pool.connect()
  const tell = (text: string) => send(client, { text, values: [] })
  try {
    await tell('BEGIN')
    await inOrder(steps, step => onClient({ client, tell }, step, 1))
    await tell(undone ? 'ROLLBACK' : 'COMMIT')
  } catch (error) {
    // After a failed COMMIT there is nothing to roll back, and nobody minds.
    await tell('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

interface Client {
  readonly client: Sender
  readonly tell: (text: string) => Promise<void>
}

/** A step on a client; what fails behind a savepoint is forgiven, elsewhere not. */
async function onClient(parts: Client, step: Step, depth: number): Promise<void> {
  if ('text' in step) return send(parts.client, step)
  await parts.tell(`SAVEPOINT s${depth}`)
  try {
    await inOrder(step.steps, inner => onClient(parts, inner, depth + 1))
    await parts.tell(step.undone ? `ROLLBACK TO SAVEPOINT s${depth}` : `RELEASE SAVEPOINT s${depth}`)
  } catch (error) {
    // The server takes nothing else now.
    if (!isAnswer(error)) throw error
    await parts.tell(`ROLLBACK TO SAVEPOINT s${depth}`)
  }
}

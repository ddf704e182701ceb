import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from 'holdfast'
import { type HardeningOptions, type HardeningResult, harden } from './harden.js'
import type { HardeningClient } from './hardening-client.js'
import { readTarget } from './hardening-files.js'

/** Where the migrations are applied to nothing, for the history alone. It is there as long as that is going on. */
export const BASELINE_SCHEMA = 'digis_baseline'

/** How long a process waits for another one that is at it: as long as for other migrations. */
const PATIENCE_MILLIS = 10 * 60_000

/** What an adoption needs to know. */
export interface Adoption {
  /** The history table, as `schema.table`. */
  readonly history: string
  readonly options: HardeningOptions
  /** Asked under the lock: whether another process has done it meanwhile. */
  readonly isDone: (session: HardeningClient) => Promise<boolean>
}

/**
 * Brings a DIGIS database that has no history of migrations to their schema, and then writes the history. Any number
 * of processes may do so at once; what a killed one has left undone the next one does.
 *
 * @returns nothing when another process was faster
 * @throws as {@link harden}
 */
export async function adopt(
  session: HardeningClient,
  { history, options, isDone }: Adoption,
): Promise<HardeningResult | undefined> {
  await takeTurn(session)
  if (await isDone(session)) return undefined
  const result = await harden(session, options)
  await writeHistory(session, history)
  return result
}

/** The same lock as digis_hardening.start(); it ends with the session. */
async function takeTurn(session: HardeningClient): Promise<void> {
  const end = performance.now() + PATIENCE_MILLIS
  while (performance.now() < end) {
    const [row] = await session.run(
      "SELECT pg_try_advisory_lock(hashtextextended('digis.hardening', 0)) AS mine",
    )
    if (row?.mine === true) return
    await sleep(50 + Math.random() * 100)
  }
}

/** Has the runner apply the same files in a schema of their own, so that it remembers them as its own work. */
async function writeHistory(session: HardeningClient, table: string): Promise<void> {
  await session.run(`CREATE SCHEMA IF NOT EXISTS ${BASELINE_SCHEMA}`)
  const directory = await mkdtemp(join(tmpdir(), 'digis-baseline-'))
  try {
    for (const { name, text } of await readTarget()) await writeFile(join(directory, name), text)
    await migrate(poolOf(session), { directory, table })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  await session.run(`DROP SCHEMA ${BASELINE_SCHEMA} CASCADE`)
}

/** The session as a pool of one, whose tables are those of the baseline. */
function poolOf(session: HardeningClient): Parameters<typeof migrate>[0] {
  const client = {
    query: async (query: string | { readonly text: string }, values?: unknown[]) => ({
      rows: await session.run(typeof query === 'string' ? query : query.text, values),
    }),
    release: () => {},
    on: () => {},
    removeListener: () => {},
  }
  return {
    async connect() {
      // What the last borrower has left open.
      await session.run('ROLLBACK')
      await session.run(`SET search_path = ${BASELINE_SCHEMA}`)
      return client
    },
  }
}

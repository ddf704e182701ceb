import type { MigrationClient, MigrationPool } from './migration-client.js'

const SAVEPOINT = 'holdfast_inspection'

/**
 * Runs reads that all see one moment, and leaves no trace of them: in a read-only transaction of their own on a pool,
 * in a part of the open transaction on a client.
 */
export async function inSnapshot<T>(
  database: MigrationPool | MigrationClient,
  work: (client: MigrationClient) => Promise<T>,
): Promise<T> {
  if ('release' in database) return inOpenTransaction(database, work)
  const client = await database.connect()
  // A connection lost between two statements is reported by the next one.
  client.on('error', ignore)
  let broken = true
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const result = await work(client)
    await client.query('ROLLBACK')
    broken = false
    return result
  } finally {
    client.removeListener('error', ignore)
    client.release(broken)
  }
}

async function inOpenTransaction<T>(
  client: MigrationClient,
  work: (client: MigrationClient) => Promise<T>,
): Promise<T> {
  await client.query(`SAVEPOINT ${SAVEPOINT}`)
  try {
    return await work(client)
  } finally {
    await client.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`)
  }
}

function ignore(): void {}

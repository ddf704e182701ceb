import { randomBytes } from 'node:crypto'
import { quoteIdentifier } from '../../sql/identifier.js'
import type { MigrationClient, MigrationPool } from '../migration-client.js'
import { withOwnClient } from '../with-runners-lock.js'

/** A pool that belongs to whoever opened it. */
export interface OwnedPool extends MigrationPool {
  end(): Promise<void>
}

/**
 * Creates an empty database on the same server, and drops it after the work, whatever becomes of that.
 *
 * @param open opens a pool of at least two connections on a database of that name
 */
export async function withShadowDatabase<T>(
  pool: MigrationPool,
  open: (database: string) => OwnedPool,
  work: (shadow: MigrationPool) => Promise<T>,
): Promise<T> {
  const name = `holdfast_shadow_${randomBytes(6).toString('hex')}`
  await statement(pool, `CREATE DATABASE ${quoteIdentifier(name)}`)
  try {
    const shadow = open(name)
    try {
      return await work(shadow)
    } finally {
      await shadow.end()
    }
  } finally {
    await statement(pool, `DROP DATABASE IF EXISTS ${quoteIdentifier(name)} WITH (FORCE)`)
  }
}

async function statement(pool: MigrationPool, text: string): Promise<void> {
  await withOwnClient(pool, async (client: MigrationClient) => void (await client.query(text)))
}

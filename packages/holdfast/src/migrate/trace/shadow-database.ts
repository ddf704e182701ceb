import { randomBytes } from 'node:crypto'
import { quoteIdentifier } from '../../sql/identifier.js'
import type { MigrationClient, MigrationPool } from '../migration-client.js'
import { withOwnClient } from '../with-runners-lock.js'

/** A pool that belongs to whoever opened it. */
export interface OwnedPool extends MigrationPool {
  end(): Promise<void>
}

/** Where a shadow is used. */
export interface ShadowPlace {
  /** On any database of the server. */
  readonly pool: MigrationPool
  /** Opens a pool of at least two connections on a database of that name. */
  readonly open: (database: string) => OwnedPool
  /** Drops the shadow at once, which ends the work with an error. */
  readonly signal?: AbortSignal | undefined
}

/** Creates an empty database on the same server, and drops it after the work, whatever becomes of that. */
export async function withShadowDatabase<T>(
  { pool, open, signal }: ShadowPlace,
  work: (shadow: MigrationPool) => Promise<T>,
): Promise<T> {
  const name = `holdfast_shadow_${randomBytes(6).toString('hex')}`
  const drop = () => statement(pool, `DROP DATABASE IF EXISTS ${quoteIdentifier(name)} WITH (FORCE)`)
  const dropEarly = () => void drop().catch(ignore)
  await statement(pool, `CREATE DATABASE ${quoteIdentifier(name)}`)
  signal?.addEventListener('abort', dropEarly)
  try {
    signal?.throwIfAborted()
    return await workOn(open(name), work)
  } finally {
    signal?.removeEventListener('abort', dropEarly)
    await drop()
  }
}

async function workOn<T>(shadow: OwnedPool, work: (shadow: MigrationPool) => Promise<T>): Promise<T> {
  try {
    return await work(shadow)
  } finally {
    await shadow.end()
  }
}

async function statement(pool: MigrationPool, text: string): Promise<void> {
  await withOwnClient(pool, async (client: MigrationClient) => void (await client.query(text)))
}

function ignore(): void {}

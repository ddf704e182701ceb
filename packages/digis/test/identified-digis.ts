import { randomBytes } from 'node:crypto'
import { createDigis, type Digis, digisRls, enableRowLevelSecurity } from '@holdfast/digis'
import { afterFile } from '@holdfast/testkit'
import { migratedDatabase } from './new-digis.js'

/** DIGIS with row-level security, as its two kinds of login see it. */
export interface IdentifiedDigis {
  /** Owns the schema: the login of a default installation. */
  readonly owner: Digis
  /** With a cache, and with a login that has no rights but to become one of the roles. */
  readonly service: Digis
}

/** Both on a database of their own with nobody in it; ended after the test file. */
export async function newIdentifiedDigis(): Promise<IdentifiedDigis> {
  const url = await migratedDatabase()
  const login = `backend_${randomBytes(4).toString('hex')}`
  const owner = createDigis({ connectionString: url, rls: digisRls })
  await enableRowLevelSecurity(owner.pool)
  await owner.query(
    `CREATE ROLE ${login} LOGIN NOINHERIT PASSWORD '${login}'; GRANT ${digisRls.roles.join()} TO ${login}`,
  )
  const connectionString = Object.assign(new URL(url), { username: login, password: login }).href
  const service = createDigis({ connectionString, rls: digisRls, cache: true })
  afterFile(() => service.end())
  afterFile(() => owner.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`))
  afterFile(() => owner.end())
  return { owner, service }
}

import type { IdentityOptions, RlsOptions } from 'holdfast'
import { type MigrateOptions, type MigrateResult, migrate, type Pool } from 'holdfast'

const MIGRATIONS = new URL('../migrations-rls/', import.meta.url)

/** Apart from the schema's own history: an installation without row-level security has none of these files. */
const HISTORY = 'holdfast.digis_rls_migrations'

/**
 * The option `rls` of a pool for the policies of DIGIS. They read nothing of the claims but the subject, so no more is
 * handed over: a renewed token finds what the cache kept for the one before.
 */
export const digisRls: RlsOptions = Object.freeze({
  roles: Object.freeze(['anon', 'authenticated', 'app_service']),
  claims: Object.freeze(['sub']),
})

/** Whoever is not signed in. */
export const ANONYMOUS: IdentityOptions = Object.freeze({ role: 'anon' })

/** Jobs and the platform's own backend. */
export const APP_SERVICE: IdentityOptions = Object.freeze({ role: 'app_service' })

/**
 * A person by the `supabase_id` of their verified token.
 *
 * @param supabaseId in lower case
 */
export function personIdentity(supabaseId: string): IdentityOptions {
  return { role: 'authenticated', claims: { sub: supabaseId } }
}

/**
 * Adds roles, grants and policies to a database that has the schema of DIGIS: all of it or nothing, and nothing the
 * second time. The owner of the tables stays unbound by them.
 *
 * @throws MigrationError when a file fails: for lack of the schema, or of the right to create a role
 */
export function enableRowLevelSecurity(
  pool: Pool,
  options: Pick<MigrateOptions, 'onProgress'> = {},
): Promise<MigrateResult> {
  return migrate(pool, { ...options, directory: MIGRATIONS, table: HISTORY, transaction: 'all' })
}

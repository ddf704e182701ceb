import { type EndOptions, type IdentityOptions, Pool, type PoolOptions } from 'holdfast'
import { cacheBeside } from './cache/cache-of-pool.js'
import { cacheFrom, type DigisCacheOptions } from './cache/digis-cache.js'
import { databaseOn, type Limits, type QueryRunner } from './database/database.js'
import { numberTypes } from './database/number-types.js'
import { type IdempotencyService, idempotencyService } from './idempotency/idempotency-service.js'
import { type Platform, platformOn } from './platform.js'
import { type UseCases, useCasesOn } from './use-cases.js'

/** A pool of Holdfast's, or the options to make one. */
export type DigisOptions = Pool | { readonly pool: Pool } | DigisPoolOptions

/** The options of a Holdfast pool. */
export interface DigisPoolOptions extends Omit<PoolOptions, 'cache'> {
  /** Caches what the contract says is cached: `true` in this process, `{ redis }` for all. Default: false. */
  cache?: DigisCacheOptions | boolean
}

/** In what a call runs. */
export interface Scope extends Limits {
  /** A transaction or client to run on instead of the pool. */
  readonly client?: QueryRunner
  /** On whose behalf, with a pool that has the option `rls`; of no effect with `client`. Default: the pool's user. */
  readonly as?: IdentityOptions | undefined
}

/** The DIGIS data module on one pool. */
export interface Digis extends UseCases, Platform, IdempotencyService {
  readonly pool: Pool
  /**
   * The use cases within limits or in a transaction:
   * `digis.with({ timeout: '2s', signal })`, `digis.with({ as: personIdentity(sub) })`, `digis.transaction(tx => digis.with({ client: tx }).createUser(…))`.
   */
  with(scope: Scope): UseCases
  /** Ends `cacheUtils`, and the pool if `createDigis` made it; one that was handed in stays open. */
  end(options?: EndOptions): Promise<void>
}

/**
 * The DIGIS data module. Reads nothing of the environment and connects only when the first call needs it.
 *
 * A pool made from options returns every `bigint` as a number where that is exact, in `query` too. With a pool that
 * was handed in, that holds for the results of the use cases; `query` keeps that pool's types.
 *
 * @throws OptionsError for an impossible option
 */
export function createDigis(options: DigisOptions): Digis {
  const given = givenPool(options)
  const pool = given ?? makePool(options as DigisPoolOptions)
  // Not while Redis is away.
  const isCached = () => pool.stats().cacheEnabled
  const beside = cacheBeside(pool)
  return Object.defineProperties({} as Digis, {
    ...Object.getOwnPropertyDescriptors(platformOn(pool, beside)),
    ...Object.getOwnPropertyDescriptors(useCasesOn(databaseOn(pool, { isCached }))),
    ...Object.getOwnPropertyDescriptors({
      ...idempotencyService({ pool }),
      pool,
      with: ({ client, as, ...limits }: Scope) =>
        useCasesOn(
          client === undefined
            ? databaseOn(as === undefined ? pool : pool.as(as), { ...limits, isCached })
            : databaseOn(client, client === pool ? { ...limits, isCached } : limits),
        ),
      end: async (how?: EndOptions) => {
        beside.close()
        if (given === undefined) await pool.end(how)
      },
    }),
  })
}

function makePool({ cache, ...options }: DigisPoolOptions): Pool {
  return new Pool({ types: numberTypes, ...options, cache: cacheFrom(cache) })
}

function givenPool(options: DigisOptions): Pool | undefined {
  if (options instanceof Pool) return options
  return 'pool' in options ? options.pool : undefined
}

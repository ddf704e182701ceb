import type { QueryArrayConfig, QueryArrayResult, QueryConfig, QueryResult, QueryResultRow } from 'pg'
import { acquireLimits } from '../base/acquire-options.js'
import type { Clock } from '../base/clock.js'
import type { Execute, QueryRequest, Result } from '../base/execute.js'
import { type Identity, type IdentityOptions, identityError, toIdentity } from '../base/identity.js'
import type { RlsSettings } from '../base/rls-options.js'
import { isSubmittable } from '../driver/submittable.js'
import type { QueryExtras } from '../driver/to-request.js'
import { type AskPlainly, RoleCheck } from './role-check.js'
import type { Transaction, TransactionOptions } from './transaction.js'

/** A pool as one identity sees it: each query and transaction runs under its role, with its claims. */
export interface PoolAs {
  /**
   * As `pool.query` without callbacks: one statement, in a transaction of its own and one round trip.
   *
   * @throws HoldfastError `HOLDFAST_IDENTITY` for a statement that would leave the identity, or that is none alone
   */
  query<R extends unknown[] = unknown[]>(
    config: QueryArrayConfig & QueryExtras,
    values?: unknown[],
  ): Promise<QueryArrayResult<R>>
  // biome-ignore lint/suspicious/noExplicitAny: as pool.query
  query<R extends QueryResultRow = any>(
    config: string | (QueryConfig & QueryExtras),
    values?: unknown[],
  ): Promise<QueryResult<R>>
  /** As `pool.transaction`; the identity is handed over with BEGIN, and holds for savepoints too. */
  transaction<T>(fn: (tx: Transaction) => Promise<T> | T, options?: TransactionOptions): Promise<T>
}

/** What identities need of their pool. */
export interface IdentitiesParts {
  /** Absent: the pool hands no identity over. */
  readonly settings: RlsSettings | undefined
  readonly clock: Clock
  /** The whole way of a query. */
  readonly execute: Execute
  readonly toRequest: (config: string | QueryConfig, values: unknown[] | undefined) => QueryRequest
  readonly transact: <T>(
    fn: (tx: Transaction) => Promise<T> | T,
    options: TransactionOptions,
    identity: Identity,
  ) => Promise<T>
  readonly ask: AskPlainly
  /** Why a statement does not go with an identity; `undefined`: it does. */
  readonly whyNot: (text: string) => Promise<string | undefined>
}

/** Makes the views of a pool, and keeps their identities from being left. */
export class Identities {
  readonly #parts: IdentitiesParts
  readonly #roles: RoleCheck

  constructor(parts: IdentitiesParts) {
    this.#parts = parts
    this.#roles = new RoleCheck(parts.ask, parts.clock)
  }

  /** @throws HoldfastError `HOLDFAST_IDENTITY` for an identity that cannot be handed over */
  as(given: IdentityOptions): PoolAs {
    const { settings, clock, execute, toRequest, transact } = this.#parts
    const identity = toIdentity(given, settings)
    const query = async (config: string | QueryConfig, values?: unknown[]): Promise<Result> => {
      const request = { ...toRequest(single(config), values), identity }
      await this.#admitText(request)
      await this.#roles.passed(identity.role, request)
      return execute(request)
    }
    return Object.freeze({
      query: query as PoolAs['query'],
      transaction: async <T>(fn: (tx: Transaction) => Promise<T> | T, options: TransactionOptions = {}) => {
        await this.#roles.passed(identity.role, acquireLimits(options, clock.now()))
        return transact(tx => fn(this.#within(tx, identity)), options, identity)
      },
    })
  }

  /** A transaction in which every text is looked at. */
  #within(tx: Transaction, identity: Identity): Transaction {
    const { toRequest } = this.#parts
    return {
      query: async <R extends QueryResultRow>(config: string | QueryConfig, values?: unknown[]) => {
        await this.#admitText(toRequest(single(config), values))
        return tx.query<R>(config, values)
      },
      transaction: fn => tx.transaction(inner => fn(this.#within(inner, identity))),
    }
  }

  async #admitText({ config }: QueryRequest): Promise<void> {
    const text = typeof config === 'string' ? config : config.text
    const reason =
      typeof text === 'string' ? await this.#parts.whyNot(text) : 'it is called by its name without its text'
    if (reason === undefined) return
    throw identityError(
      `The statement cannot run under an identity: ${reason}. Nothing was sent. Run it on the pool itself if it may.`,
    )
  }
}

/** Something that talks to the driver by itself could not be framed by the identity. */
function single(config: string | QueryConfig): string | QueryConfig {
  if (!isSubmittable(config)) return config
  throw identityError(
    'Cursors and streams cannot run under an identity: read in pages, or on the pool itself.',
  )
}

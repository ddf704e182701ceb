import type { QueryArrayConfig, QueryArrayResult, QueryConfig, QueryResult, QueryResultRow } from 'pg'
import type { Clock } from '../base/clock.js'
import type { Execute, QueryRequest, Result } from '../base/execute.js'
import { type Identity, type IdentityOptions, identityError, toIdentity } from '../base/identity.js'
import type { RlsSettings } from '../base/rls-options.js'
import { isSubmittable } from '../driver/submittable.js'
import type { QueryExtras } from '../driver/to-request.js'
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
  /** Asks the database under the pool's own user. */
  readonly ask: (text: string, values: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>
  /** Why a statement does not go with an identity; `undefined`: it does. */
  readonly whyNot: (text: string) => Promise<string | undefined>
}

/** What the server says of a role counts for so long, in milliseconds. */
const ROLE_CHECKED_FOR = 60_000

/** Whether policies hold for a role at all; no row: there is no such role. */
const PASSES_BY = 'SELECT rolsuper OR rolbypassrls AS passes FROM pg_catalog.pg_roles WHERE rolname = $1'

interface RoleCheck {
  readonly passed: Promise<void>
  readonly until: number
}

/** Makes the views of a pool, and keeps their identities from being left. */
export class Identities {
  readonly #parts: IdentitiesParts
  readonly #checks = new Map<string, RoleCheck>()

  constructor(parts: IdentitiesParts) {
    this.#parts = parts
  }

  /** @throws HoldfastError `HOLDFAST_IDENTITY` for an identity that cannot be handed over */
  as(given: IdentityOptions): PoolAs {
    const { settings, execute, toRequest, transact } = this.#parts
    const identity = toIdentity(given, settings)
    const query = async (config: string | QueryConfig, values?: unknown[]): Promise<Result> => {
      const request = { ...toRequest(single(config), values), identity }
      await this.#admit(identity, request)
      return execute(request)
    }
    return Object.freeze({
      query: query as PoolAs['query'],
      transaction: async <T>(fn: (tx: Transaction) => Promise<T> | T, options: TransactionOptions = {}) => {
        await this.#checkRole(identity)
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

  async #admit(identity: Identity, request: QueryRequest): Promise<void> {
    await this.#admitText(request)
    await this.#checkRole(identity)
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

  /** Callers share a question; a refusal is not remembered. */
  async #checkRole({ role }: Identity): Promise<void> {
    const now = this.#parts.clock.now()
    const known = this.#checks.get(role)
    if (known !== undefined && now < known.until) return known.passed
    const passed = this.#askAbout(role)
    this.#checks.set(role, { passed, until: now + ROLE_CHECKED_FOR })
    await passed.catch(error => {
      this.#checks.delete(role)
      throw error
    })
  }

  async #askAbout(role: string): Promise<void> {
    const { rows } = await this.#parts.ask(PASSES_BY, [role])
    if (rows.length === 0) {
      throw identityError(
        'The role does not exist on this server. Create it, or correct the option rls.roles.',
      )
    }
    if (rows[0]?.passes === false) return
    throw identityError(
      'The role passes by row-level security (SUPERUSER or BYPASSRLS), so no identity can be handed over with it. Use one that policies hold for.',
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

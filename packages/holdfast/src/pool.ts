import type { QueryConfigValues, QueryResult, QueryResultRow, Submittable } from 'pg'
import pg, { type PoolClient, type QueryArrayConfig, type QueryArrayResult, type QueryConfig } from 'pg'
import { type AcquireOptions, acquireLimits } from './base/acquire-options.js'
import type { CacheSettings } from './base/cache-options.js'
import { type Callback, callBack, firstFunction } from './base/call-back.js'
import { systemClock } from './base/clock.js'
import { type Limits, UNLIMITED } from './base/deadline.js'
import { DeadlineWatch } from './base/deadline-watch.js'
import type { Duration } from './base/duration.js'
import { type EndOptions, endLimit } from './base/end-options.js'
import { compose, type Execute, type QueryRequest, type Result } from './base/execute.js'
import type { Identity, IdentityOptions } from './base/identity.js'
import { checkPoolOptions, type PoolOptions, type PoolSettings, resolveSettings } from './base/options.js'
import { QueryObservers } from './base/query-observers.js'
import { openTransactionWarning, type Warning } from './base/warning.js'
import { Cache } from './cache/cache.js'
import { type KnownOfQuery, observedQuery } from './cache/observed-query.js'
import { NO_CACHE, type PoolCache } from './cache/pool-cache.js'
import { remoteCache } from './cache/remote-cache.js'
import { type Cluster, clusterOf, NO_TOKEN } from './cluster/cluster.js'
import type { NodeInfo } from './cluster/node-info.js'
import { Announcer } from './connections/announcer.js'
import { borrowClient, type ConnectCallback } from './connections/borrow.js'
import { callContext } from './connections/call-context.js'
import { ConnectionPool } from './connections/connection-pool.js'
import { type CallContext, callDatabase } from './connections/database-call.js'
import { looksLikePgPool, withoutSecrets } from './connections/drop-in.js'
import { emittingListener } from './connections/emitting-listener.js'
import { explainStatement } from './connections/explain-statement.js'
import { Housekeeper } from './connections/housekeeper.js'
import { Identities, type PoolAs } from './connections/pool-as.js'
import type { PoolListener } from './connections/pool-listener.js'
import { transactOnPool } from './connections/pool-transaction.js'
import { resolveOutcome, type TransactionOutcome } from './connections/resolve-outcome.js'
import { endOnSignals } from './connections/signals.js'
import { submitOnPool } from './connections/submit.js'
import type { Transaction, TransactionOptions } from './connections/transaction.js'
import { askUnchanged, type PlainAnswer } from './connections/unchanged.js'
import { warmUp } from './connections/warm-up.js'
import type { ResolvedClientConfig } from './driver/client-config.js'
import { isTransientConnectError } from './driver/connect-error.js'
import { listenToHosts, type ResolvedHosts, resolveHosts } from './driver/hosts.js'
import { logged, type OpenAt, opener } from './driver/opener.js'
import type { PgConnection } from './driver/pg-connection.js'
import { errorCategory } from './driver/sqlstate.js'
import { isSubmittable } from './driver/submittable.js'
import { type QueryExtras, toRequest } from './driver/to-request.js'
import { checkHealth, HEALTH_QUESTION, type Health } from './monitoring/health.js'
import { describePool, type PoolDescription } from './monitoring/pool-description.js'
import { type MetricsOptions, PoolMonitor } from './monitoring/pool-monitor.js'
import { type PoolStats, poolStats } from './monitoring/pool-stats.js'
import { QueryStats } from './monitoring/query-stats.js'
import type { StatementSnapshot, StatementStats, StatementsOptions } from './monitoring/statement-stats.js'
import { leavesIdentity } from './sql/identity-text.js'
import { rollsBackWhole } from './sql/rolls-back-whole.js'
import { loadStatementReader } from './sql/statement-reader.js'

type HoldfastQueryConfig<I = unknown[]> = QueryConfig<I> & QueryExtras

/**
 * A drop-in for `pg.Pool` that manages its connections itself. Everything of pg's pool works as there; on top
 * come deadlines that cancel on the server, transactions, statistics and errors that say what to do.
 */
export class Pool extends pg.Pool {
  readonly #settings: PoolSettings
  readonly #clock = systemClock
  readonly #tools = { clock: this.#clock, deadlines: new DeadlineWatch(this.#clock), random: Math.random }
  readonly #resolved: ResolvedClientConfig
  readonly #openAt: OpenAt
  readonly #options: PoolOptions
  readonly #announcer: Announcer
  readonly #connections: ConnectionPool
  readonly #housekeeper: Housekeeper
  readonly #stats = new QueryStats(this.#clock)
  readonly #observers = new QueryObservers(this.#clock)
  readonly #monitor: PoolMonitor
  readonly #calls: CallContext
  readonly #execute: Execute
  readonly #query: ReturnType<typeof observedQuery>
  readonly #cache: Cache | undefined
  readonly #cluster: Cluster | undefined
  #identities: Identities | undefined
  readonly #stopSignals: () => void

  /** @throws OptionsError for an option that is unknown or impossible */
  constructor(options: PoolOptions = {}) {
    const checked = checkPoolOptions(options)
    super(withoutSecrets(checked))
    this.#options = checked
    const hosts = resolveHosts(checked, process.env)
    this.#resolved = hosts.nodes[0]
    const settings = resolveSettings(checked, this.#resolved.place, process.env)
    this.#settings = settings
    this.#announcer = new Announcer(this, settings.name, checked.logger)
    const onWarning = (warning: Warning): void => this.#announcer.warn(warning)
    listenToHosts(hosts, onWarning, () => this.#cache?.suspect())
    const observers = this.#observers
    this.#monitor = this.#makeMonitor()
    const guard = () => this.#cache?.guard
    this.#openAt = opener({ ...this.#tools, options: checked, settings, observers, guard })
    this.#connections = new ConnectionPool({
      settings,
      open: signal => this.#open(signal),
      isTransient: isTransientConnectError,
      whyNot: () => this.#cluster?.whyNot(),
      ...this.#tools,
      listener: this.#listener(),
      times: this.#monitor.metrics,
    })
    this.#housekeeper = new Housekeeper({
      pool: this.#connections,
      settings,
      clock: this.#clock,
      warn: warning => this.#announcer.warn(warning),
      onRound: now => this.#monitor.look(this.#connections.numbers(), now),
    })
    const { config } = this.#resolved
    const { log } = checked
    const connections = this.#connections
    this.#calls = callContext({ ...this.#tools, connections, settings, config, rollsBackWhole, log })
    this.#cluster = this.#makeCluster(hosts)
    const route = this.#cluster ? [this.#cluster.intercept] : []
    const toDatabase = compose([this.#stats.count, ...route], request => callDatabase(this.#calls, request))
    this.#cache = settings.cache && this.#makeCache(settings.cache, toDatabase)
    // The life of a query, outermost first.
    this.#execute = compose(this.#cache ? [this.#cache.intercept] : [], toDatabase)
    this.#query = observedQuery({ cache: this.#cache, observers, send: this.#send })
    looksLikePgPool({ pool: this, connections, clock: this.#clock, options: checked, settings, config })
    this.#stopSignals = endOnSignals(checked.shutdown, limit => {
      if (!this.ending) void this.#end(limit)
    })
    // Nobody can listen to a pool that is still being made.
    process.nextTick(() => {
      for (const warning of this.#resolved.warnings) this.#announcer.warn(warning)
    })
    this.#monitor.start()
    if (settings.minIdle > 0) this.#housekeeper.start()
  }

  /** As pg's, with Holdfast's extras in the config object: `timeout`, `signal`, `readOnly`, `idempotent`, `priority`. */
  override query<T extends Submittable>(submittable: T): T
  override query<R extends unknown[] = unknown[], I = unknown[]>(
    config: QueryArrayConfig<I> & QueryExtras,
    values?: QueryConfigValues<I>,
  ): Promise<QueryArrayResult<R>>
  // biome-ignore lint/suspicious/noExplicitAny: pg's own default, which a drop-in has to keep
  override query<R extends QueryResultRow = any, I = any[]>(
    config: string | HoldfastQueryConfig<I>,
    values?: QueryConfigValues<I>,
  ): Promise<QueryResult<R>>
  override query<R extends unknown[] = unknown[], I = unknown[]>(
    config: QueryArrayConfig<I> & QueryExtras,
    callback: (error: Error, result: QueryArrayResult<R>) => void,
  ): void
  // biome-ignore lint/suspicious/noExplicitAny: pg's own default, which a drop-in has to keep
  override query<R extends QueryResultRow = any, I = any[]>(
    config: string | HoldfastQueryConfig<I>,
    callback: (error: Error, result: QueryResult<R>) => void,
  ): void
  // biome-ignore lint/suspicious/noExplicitAny: pg's own default, which a drop-in has to keep
  override query<R extends QueryResultRow = any, I = any[]>(
    text: string,
    values: QueryConfigValues<I>,
    callback: (error: Error, result: QueryResult<R>) => void,
  ): void
  override query(config: unknown, second?: unknown, third?: unknown): unknown {
    // pg's pool tells a function in the wrong place about it.
    const callback = firstFunction(config, second, third)
    const values = typeof second === 'function' ? undefined : (second as unknown[] | undefined)
    const promise = isSubmittable(config)
      ? (submitOnPool(this.#calls, config, values) as Promise<Result>)
      : this.#query(config as HoldfastQueryConfig, values)
    return callback === undefined ? promise : callBack(promise, callback as Callback<Result>)
  }

  /**
   * Lends a client until its `release()`; with a callback as in pg, or with limits.
   *
   * @throws PoolTimeoutError, OverloadedError, UnavailableError, PoolEndedError, AbortError, or the failure to connect
   */
  override connect(options?: AcquireOptions): Promise<PoolClient>
  override connect(callback: ConnectCallback): void
  override connect(argument: AcquireOptions | ConnectCallback = {}): Promise<PoolClient> | undefined {
    if (typeof argument !== 'function') return this.#borrow(this.#limits(argument))
    callBack(this.#borrow(UNLIMITED), (error, client) =>
      argument(error, client, client?.release ?? (() => {})),
    )
    return undefined
  }

  /**
   * Runs a function in a transaction: COMMIT when it returns, ROLLBACK when it throws. `tx.transaction()` nests as
   * a savepoint.
   *
   * @throws what the function throws; TransactionError when a swallowed error made the COMMIT a rollback
   */
  async transaction<T>(
    fn: (tx: Transaction) => Promise<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    return this.#transact(fn, options)
  }

  /**
   * The pool as an identity sees it: its queries and transactions run under this role, and policies read these claims.
   * Needs the option `rls`. Costs nothing until it is used.
   *
   * @throws HoldfastError `HOLDFAST_IDENTITY` for a role that is not listed, or claims that cannot be handed over
   */
  as(identity: IdentityOptions): PoolAs {
    this.#identities ??= new Identities({
      settings: this.#settings.rls,
      clock: this.#clock,
      execute: request => this.#observed(request),
      toRequest: this.#toRequest,
      transact: (fn, options, who) => this.#transact(fn, options, who),
      ask: (text, values) => this.#ask(text, values),
      whyNot: leavesIdentity,
    })
    return this.#identities.as(identity)
  }

  /**
   * Finds out whether a transaction was committed of which the error says that nobody knows. One in progress is waited
   * for, until the `timeout` (default: the pool's `query_timeout`).
   *
   * @param error the error as it was thrown, or one that wraps it
   * @throws what the question to the database fails with
   */
  async resolveOutcome(error: unknown, options: AcquireOptions = {}): Promise<TransactionOutcome> {
    const limits = this.#limits({ timeout: this.#settings.queryTimeout, ...options })
    const ask = (text: string, values: unknown[]) => {
      const request = this.#toRequest({ text, types: new pg.TypeOverrides(), readOnly: true }, values)
      return callDatabase(this.#calls, { ...request, ...limits }) as Promise<QueryResult>
    }
    return resolveOutcome(error, { ask, clock: this.#clock, random: Math.random, limits })
  }

  /**
   * Runs a function whose reads all see the database as of one instant, uncached: two cached reads are not one
   * snapshot. As {@link Pool.transaction} with repeatable read, read only.
   */
  snapshot<T>(
    fn: (tx: Transaction) => Promise<T> | T,
    options: Omit<TransactionOptions, 'isolation' | 'readOnly'> = {},
  ): Promise<T> {
    return this.transaction(fn, { ...options, isolation: 'repeatable read', readOnly: true })
  }

  /** A snapshot; costs nothing that the database would notice. */
  stats(): PoolStats {
    return poolStats({
      numbers: this.#connections.numbers(),
      breaker: this.#connections.health.state,
      overloaded: this.#connections.overloaded,
      isHealthy: this.#connections.reachable && !this.ending,
      cacheEnabled: this.#cache?.enabled ?? false,
      queryMetrics: this.#stats.snapshot(),
      queries: this.#monitor.totals(),
      retries: this.#calls.retrier.counts(),
      shed: { ...this.#connections.shedCounts },
      cache: this.cache.stats(),
    })
  }

  /**
   * What was counted of each statement since the pool was made: those that took the most time first, texts that differ
   * only in literals together. Empty with `statistics: false`.
   */
  statements(options: StatementsOptions = {}): Promise<StatementStats[]> {
    return this.#monitor.statements(options)
  }

  /** The counters of {@link Pool.statements} as they stand, for who takes differences: see {@link StatementSnapshot}. */
  statementSnapshots(): Promise<StatementSnapshot[]> {
    return this.#monitor.statementSnapshots()
  }

  /**
   * The plan that PostgreSQL would make for a statement of {@link Pool.statements} with any parameters, literals masked.
   * The statement is not run.
   *
   * @throws OptionsError for an unknown fingerprint; PostgreSQL's error for what has no plan
   */
  plan(fingerprint: string): Promise<string> {
    return this.#monitor.plan(fingerprint)
  }

  /**
   * The pool's metrics as text: for Prometheus in its format 0.0.4, or as OpenMetrics. With `statistics: false` no durations are
   * in it. The reference lists them all.
   */
  metrics(options: MetricsOptions = {}): string {
    return this.#monitor.metricsText(options)
  }

  /** How the pool is set up, what it found and chose, and why; no secrets. What servers tell is there once it connected. */
  describe(): PoolDescription {
    const cacheEnabled = this.#cache?.enabled ?? false
    return describePool({ ...this.#resolved, settings: this.#settings, cacheEnabled })
  }

  /** The cache of this pool; without the option `cache` it keeps nothing and says so. */
  get cache(): PoolCache {
    return this.#cache ?? NO_CACHE
  }

  /** Asks the database, within `timeout` (default 5 s). Never throws: see `healthy` and `error`. */
  health({ timeout = 5_000 }: { timeout?: Duration } = {}): Promise<Health> {
    return checkHealth({
      clock: this.#clock,
      ask: async () => this.#execute({ ...this.#ownRequest({ ...HEALTH_QUESTION, timeout }), primary: true }),
      outage: () => this.#connections.outage,
      numbers: () => this.#connections.numbers(),
    })
  }

  /**
   * A short text for `{ readOnly: true, after }`, here or in another process: whoever reads with it sees what this pool
   * has written before this call. Fit for an HTTP header. Asks the primary once at most; throws why it does not answer.
   */
  writeToken(): Promise<string> {
    return this.#cluster?.writeToken() ?? Promise.resolve(NO_TOKEN)
  }

  /** The servers of a pool with several hosts or replicas, as they were at the latest look; empty for one server. */
  nodes(): NodeInfo[] {
    return this.#cluster?.nodes() ?? []
  }

  /** Opens `minIdle` connections (at least one), so that the first requests find them open. */
  warmup(): Promise<void> {
    return warmUp(this.#connections, Math.max(1, this.#settings.minIdle))
  }

  /**
   * Ends the pool: callers that wait are rejected, borrowed clients may finish until the deadline, then they are
   * cut. Resolves when every connection is closed.
   */
  override end(options?: EndOptions): Promise<void>
  override end(callback: () => void): void
  override end(argument: EndOptions | (() => void) = {}): Promise<void> | undefined {
    this.#options.log?.('ending')
    const options = typeof argument === 'function' ? {} : argument
    const promise = this.ending
      ? Promise.reject(new Error('Called end on pool more than once'))
      : this.#end(options)
    return typeof argument === 'function' ? callBack(promise, argument) : promise
  }

  readonly #send = (
    config: string | object,
    values: readonly unknown[] | undefined,
    known?: KnownOfQuery,
  ): Promise<Result> => {
    try {
      return this.#execute(this.#toRequest(config as HoldfastQueryConfig, values as unknown[], known))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  readonly #toRequest = (
    config: string | HoldfastQueryConfig,
    values: unknown[] | undefined,
    { trace, asked }: KnownOfQuery = {},
  ) => {
    const now = trace?.startedAt ?? this.#clock.now()
    return toRequest(config, values, { now, queryTimeout: this.#settings.queryTimeout, trace, asked })
  }

  /** Whoever runs it tells the observers how it ended. */
  readonly #observedRequest = (config: string | HoldfastQueryConfig, values: unknown[] | undefined) =>
    this.#toRequest(config, values, { trace: this.#observers.begin(config) })

  /** What an identity asks for is admitted first: only then is there anything to observe. */
  #observed(request: QueryRequest): Promise<Result> {
    const trace = this.#observers.begin(request.config)
    return trace === undefined ? this.#execute(request) : trace.follow(this.#execute({ ...request, trace }))
  }

  #transact<T>(
    fn: (tx: Transaction) => Promise<T> | T,
    options: TransactionOptions,
    identity?: Identity,
  ): Promise<T> {
    const limits = this.#limits(options)
    const parts = { calls: this.#calls, guarded: this.#cache !== undefined, limits, identity }
    return transactOnPool({ ...parts, toRequest: this.#observedRequest }, fn, options)
  }

  #borrow(limits: Limits): Promise<PoolClient> {
    return borrowClient(this.#calls, limits, this.#settings.leakDetection > 0)
  }

  #limits(options: AcquireOptions): Limits {
    return acquireLimits(options, this.#clock.now())
  }

  #open(signal: AbortSignal): Promise<PgConnection> {
    const open = () => this.#cluster?.open(signal) ?? this.#openAt(this.#resolved, { signal })
    return logged(open, this.#options.log)
  }

  async #end(options: EndOptions): Promise<void> {
    const limit = endLimit(options)
    Object.assign(this, { ending: true })
    this.#stopSignals()
    this.#housekeeper.stop()
    this.#monitor.stop()
    const cut = () => [this.#connections, this.#cluster].map(each => each?.cut())
    const timer = limit === undefined ? undefined : setTimeout(cut, limit)
    await Promise.all([this.#connections.end(), this.#cluster?.end()])
    clearTimeout(timer)
    await this.#cache?.close()
    Object.assign(this, { ended: true })
  }

  #makeMonitor(): PoolMonitor {
    return new PoolMonitor({
      settings: this.#settings,
      target: this.#resolved.target,
      observers: this.#observers,
      clock: this.#clock,
      logger: this.#options.logger,
      warn: warning => this.#announcer.warn(warning),
      snapshot: () => ({ stats: this.stats(), cache: this.#cache?.stats(), nodes: this.nodes() }),
      categoryOf: errorCategory,
      loadReader: loadStatementReader,
      explain: text =>
        explainStatement({ pool: this.#connections, toRequest: config => this.#ownRequest(config) }, text),
    })
  }

  #makeCluster(hosts: ResolvedHosts): Cluster | undefined {
    return clusterOf(this.#options, {
      hosts,
      settings: this.#settings,
      pool: this.#connections,
      openAt: this.#openAt,
      guard: connection => this.#cache?.guard(connection),
      listener: this.#listener(),
      ...this.#tools,
      warn: warning => this.#announcer.warn(warning),
    })
  }

  #makeCache(settings: CacheSettings, load: Execute): Cache {
    const { config, target } = this.#resolved
    const warn = (warning: Warning) => this.#announcer.warn(warning)
    return new Cache({
      settings,
      clock: this.#clock,
      random: Math.random,
      load,
      ask: (text, values) => this.#ask(text, values),
      identity: [target.user, target.host, target.port, target.database, config.options ?? ''].join('\n'),
      types: this.#options.types && (new pg.TypeOverrides(this.#options.types) as never),
      identities: this.#settings.rls !== undefined,
      connectRemote: remoteCache(settings, warn),
      warn,
    })
  }

  /** A question of our own to the database, with pg's own parsers whatever the application's are. */
  #ask(text: string, values: unknown[] = []): Promise<PlainAnswer> {
    const request = this.#ownRequest({ text, values, priority: 'critical', types: new pg.TypeOverrides() })
    return askUnchanged(this.#connections, request, this.#settings.max)
  }

  #ownRequest(config: HoldfastQueryConfig): QueryRequest {
    return this.#toRequest({ ...config, readOnly: true }, undefined)
  }

  #listener(): PoolListener {
    return emittingListener({
      emit: (event, ...args) => this.#announcer.emit(event, ...args),
      listenerCount: event => this.listenerCount(event as 'acquire'),
      allowExitOnIdle: this.#options.allowExitOnIdle,
      onConnect: () => this.#housekeeper.start(),
      onIdleLost: (client, error) => this.#announcer.idleLost(client, error),
      onDistrust: () => {
        this.#cache?.suspect()
        this.#cluster?.suspect()
      },
      onOpenTransaction: ({ borrowedAt }) =>
        this.#announcer.warn(openTransactionWarning(this.#settings.name, borrowedAt)),
    })
  }
}

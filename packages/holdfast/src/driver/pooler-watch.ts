import type { ClientConfig } from 'pg'
import type { HoldfastError } from '../base/errors.js'
import type { QueryRequest } from '../base/execute.js'
import type { Warning } from '../base/warning.js'
import { isMadeUpProcess, type Pooler, unexpectedPooler } from './pooler.js'
import { nameAloneRefusal, sessionRefusal } from './pooler-refusal.js'
import { type ServerTimeouts, setTimeouts, withoutServerTimeouts } from './server-timeouts.js'

/** What is known before the first connection. */
export interface PoolerWatchOptions {
  /** As declared or told by the host; `undefined`: none so far. */
  readonly pooler: Pooler | undefined
  /** Nothing stands in between, whatever it looks like. */
  readonly certainlyNone: boolean
  readonly timeouts: ServerTimeouts
  /** What settings a session has decides what the cache may keep. */
  readonly cached: boolean
}

/** A connection as far as matters here. */
interface Watched {
  /** Nothing runs on it, so that what the server said last about its transaction holds. */
  readonly quiet: boolean
  readonly outsideTransaction: boolean
}

/**
 * What one pool of ours knows of a pooler in between: learned at most once, from then on the same for all of its
 * connections. Asks nobody: what the server says while connecting tells enough.
 */
export class PoolerWatch {
  readonly timeouts: ServerTimeouts
  /** What the operator should know, as it was told. */
  readonly warnings: string[] = []
  /** Told what the operator should know; each kind once. */
  onWarning: (warning: Warning) => void = () => {}
  #pooler: Pooler | undefined
  readonly #options: PoolerWatchOptions
  readonly #warned = new Set<Warning['code']>()

  constructor(options: PoolerWatchOptions) {
    this.#options = options
    this.#pooler = options.pooler
    this.timeouts = options.timeouts
  }

  /** The pooler; `undefined` while none is known. */
  get pooler(): Pooler | undefined {
    return this.#pooler
  }

  /** How the server timeouts of pg's options take effect. */
  get timeoutsBy(): 'startup parameters' | 'SET' | 'SET LOCAL' {
    if (this.#pooler === undefined) return 'startup parameters'
    return this.#pooler.mode === 'session' ? 'SET' : 'SET LOCAL'
  }

  /** The configuration as a client can use it here. */
  configFor(config: ClientConfig): ClientConfig {
    return this.#pooler === undefined ? config : withoutServerTimeouts(config)
  }

  /** The statements that a new connection begins with; `undefined`: none. */
  get onConnect(): string | undefined {
    return this.timeoutsBy === 'SET' ? setTimeouts(this.timeouts, 'SESSION') : undefined
  }

  /** The statements that a transaction of ours begins with, after BEGIN; `undefined`: none. */
  get onBegin(): string | undefined {
    return this.timeoutsBy === 'SET LOCAL' ? setTimeouts(this.timeouts, 'LOCAL') : undefined
  }

  /** A connection is open. @param processID as the server told it */
  connected(processID: number | null): void {
    if (this.#pooler === undefined && isMadeUpProcess(processID)) {
      this.#learn(`the process number ${processID} of a connection is none that a server can have`)
    }
  }

  /**
   * Looks at a failure to connect.
   *
   * @returns whether trying once more can help: a pooler refused what it is not sent any more from now on
   */
  refused(error: unknown): boolean {
    const parameter = refusedParameter(error)
    if (parameter === undefined || !(parameter in this.timeouts)) return false
    if (this.#pooler === undefined) this.#learn(`the startup parameter ${parameter} was refused`)
    return this.#pooler !== undefined
  }

  /**
   * A request as it can be sent through the pooler: a named statement loses its name where the pooler would lose the
   * statement.
   *
   * @returns an error for what would do something else than it says
   */
  fit(request: QueryRequest, connection: Watched): QueryRequest | HoldfastError {
    const pooler = this.#pooler
    if (pooler === undefined) return request
    const refusal = this.refusal(request, connection)
    if (refusal !== undefined) return refusal
    const { config } = request
    if (typeof config === 'string' || config.name === undefined || pooler.preparedStatements) return request
    if (typeof config.text !== 'string') return nameAloneRefusal(pooler)
    this.#warn('pooler-unnamed-statement', UNNAMED)
    return { ...request, config: { ...config, name: undefined } as never }
  }

  /** The error for a statement that needs a session, where there is none; else `undefined`. */
  refusal({ config }: QueryRequest, { quiet, outsideTransaction }: Watched): HoldfastError | undefined {
    const pooler = this.#pooler
    const text = typeof config === 'string' ? config : config.text
    if (pooler === undefined || typeof text !== 'string' || !this.#refuses(pooler)) return undefined
    return sessionRefusal(text, pooler, !(quiet && outsideTransaction))
  }

  /** With a cache, a pooler of unknown mode counts as one in transaction mode: a setting could spoil what is kept. */
  #refuses({ mode }: Pooler): boolean {
    return mode === 'transaction' || (mode === 'unknown' && this.#options.cached)
  }

  #learn(because: string): void {
    if (this.#options.certainlyNone) return
    this.#pooler = unexpectedPooler(because)
    this.#warn(
      'pooler-mode-unknown',
      `A pooler stands before the server (${because}), and its mode cannot be seen. Say pooler: 'session' or ` +
        "'transaction'. Until then named statements run unnamed and server timeouts are set in transactions alone.",
    )
  }

  #warn(code: Warning['code'], message: string): void {
    if (this.#warned.has(code)) return
    this.#warned.add(code)
    this.warnings.push(message)
    this.onWarning({ code, message })
  }
}

const UNNAMED =
  'Named statements run unnamed: the pooler would not find them again. If it does (PgBouncer from 1.21 with ' +
  'max_prepared_statements), say pooler: { mode, preparedStatements: true }.'

/** The startup parameter that a pooler refused with this error; `undefined` for any other error. */
export function refusedParameter(error: unknown): string | undefined {
  const { code, message } = error as { code?: string; message?: string }
  if (code !== '08P01' || message === undefined) return undefined
  return /^unsupported startup parameter: (\w+)/.exec(message)?.[1]
}

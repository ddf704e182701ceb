import { type Duration, describeGiven } from './duration.js'
import { OptionsError } from './errors.js'
import { checkOptions, duration, ofType, type Rule, type Rules } from './option-rules.js'

/** Where reads may go that say `readOnly: true`, and how far behind those servers may be. */
export interface ReplicaOptions {
  /** URLs of hot standbys. User, password and database are those of the pool where a URL names none. */
  urls?: readonly string[]
  /** Also the standbys among the hosts of the connection string. Default: false. */
  standbys?: boolean
  /** A replica that is further behind gets no reads until it has caught up. Default: 10 s. */
  maxLag?: Duration
  /**
   * Sends a read to a second server as well when the first takes longer than 95 % of its reads did, and takes the answer
   * that comes first. `budget`: at most so many extra reads for each read. Default: off; the budget 0.05.
   */
  hedge?: boolean | { budget?: number }
}

/** The options of the replicas: resolved, frozen. */
export interface ReplicaSettings {
  readonly urls: readonly string[]
  readonly standbys: boolean
  /** Milliseconds. */
  readonly maxLag: number
  /** Extra reads for each read; 0: none. */
  readonly hedgeBudget: number
}

const DEFAULT_HEDGE_BUDGET = 0.05

const ONE_SERVER = /^postgres(?:ql)?:\/\/(?:[^/?#]*@)?[^@/?#,]+(?:[/?]|$)/i

const urls: Rule = (value, path) => {
  if (!Array.isArray(value)) throw new OptionsError(path, 'a list of URLs', describeGiven(value))
  for (const [index, url] of value.entries()) {
    if (typeof url === 'string' && ONE_SERVER.test(url)) continue
    const given = typeof url === 'string' ? 'another text' : describeGiven(url)
    throw new OptionsError(`${path}[${index}]`, 'the URL of one server: postgres://host:port/database', given)
  }
  return value
}

const share: Rule = (value, path) => {
  if (typeof value === 'number' && value > 0 && value <= 1) return value
  throw new OptionsError(path, 'a number above 0 and up to 1', describeGiven(value))
}

function object(value: unknown, path: string, expected: string): object {
  if (typeof value === 'object' && value !== null) return value
  throw new OptionsError(path, expected, describeGiven(value))
}

const RULES: Rules = {
  urls,
  standbys: ofType('boolean'),
  maxLag: duration,
  hedge: (value, path) => {
    if (typeof value === 'boolean') return value
    return checkOptions(object(value, path, 'true, false or { budget }'), { budget: share }, `${path}.`)
  },
}

/** The rule for the pool's `replicas` option: a list of URLs, or an object; `false` switches it off. */
export const replicasOption: Rule = (value, path) => {
  if (value === false) return undefined
  if (Array.isArray(value)) return { urls: urls(value, path) }
  const checked = checkOptions(object(value, path, 'a list of URLs, or an object'), RULES, `${path}.`)
  if (checked.urls === undefined && checked.standbys !== true) {
    throw new OptionsError(path, 'urls, or standbys: true', 'neither')
  }
  return checked
}

/** Resolves checked options. `undefined`: no replicas. */
export function resolveReplicaSettings(options: ReplicaOptions | undefined): ReplicaSettings | undefined {
  const { urls: given = [], standbys = false, maxLag = 10_000, hedge = false } = options ?? {}
  if (given.length === 0 && !standbys) return undefined
  const budget = typeof hedge === 'object' ? (hedge.budget ?? DEFAULT_HEDGE_BUDGET) : DEFAULT_HEDGE_BUDGET
  return Object.freeze({
    urls: Object.freeze([...given]),
    standbys,
    maxLag: maxLag as number,
    hedgeBudget: hedge === false ? 0 : budget,
  })
}

/** How much may be tried again. */
export interface RetryBudgetOptions {
  /** Retries for each request, from 0 to 1. */
  readonly share: number
  /** Retries that are possible although there were no requests. */
  readonly reserve: number
  /** Milliseconds after which what was not spent has faded. */
  readonly memory: number
}

/** A fifth of the requests of about ten seconds, and ten more. */
export const DEFAULT_BUDGET: RetryBudgetOptions = { share: 0.2, reserve: 10, memory: 10_000 }

/** What is left of a budget, as of an instant. */
export interface RetryFunds {
  readonly tokens: number
  readonly requests: number
  readonly at: number
}

/** A budget in which nothing was spent yet. */
export function fullReserve({ reserve }: RetryBudgetOptions, now: number): RetryFunds {
  return { tokens: reserve, requests: 0, at: now }
}

/**
 * What a budget holds now. Each request since then has added its share, and everything fades with time, so that quiet
 * hours do not save up for a storm. Pure.
 *
 * @param requests made since the beginning
 */
export function fundsAt(
  funds: RetryFunds,
  { requests, now }: Omit<RetryFunds, 'tokens' | 'at'> & { now: number },
  options: RetryBudgetOptions,
): RetryFunds {
  const { share, reserve, memory } = options
  const elapsed = Math.max(1, now - funds.at)
  const kept = Math.exp(-elapsed / memory)
  const perMemory = ((requests - funds.requests) / elapsed) * memory
  const tokens = funds.tokens * kept + (share * perMemory + reserve) * (1 - kept)
  return { tokens, requests, at: now }
}

/**
 * Keeps retries from becoming the storm that they wait out: a pool's retries are a share of its requests. A request
 * costs one increment.
 */
export class RetryBudget {
  /** Requests so far: whoever makes one adds it. */
  requests = 0
  readonly #options: RetryBudgetOptions
  #funds: RetryFunds

  constructor(options: RetryBudgetOptions, now: number) {
    this.#options = options
    this.#funds = fullReserve(options, now)
  }

  /** Takes one retry out; `false`: there is none left. */
  spend(now: number): boolean {
    const funds = fundsAt(this.#funds, { requests: this.requests, now }, this.#options)
    const isEnough = funds.tokens >= 1
    this.#funds = isEnough ? { ...funds, tokens: funds.tokens - 1 } : funds
    return isEnough
  }
}

import type { Clock } from '../base/clock.js'
import { abortError, type Limits, within } from '../base/deadline.js'
import { HoldfastError, QueryTimeoutError } from '../base/errors.js'
import { identityError } from '../base/identity.js'

/** Asks the database under the pool's own user. */
export type AskPlainly = (
  text: string,
  values: unknown[],
) => Promise<{ readonly rows: readonly Record<string, unknown>[] }>

/** What the server says of a role is asked again after so many milliseconds. */
const ASK_AGAIN_AFTER = 60_000

/** Whether policies hold for a role at all; no row: there is no such role. */
const PASSES_BY = 'SELECT rolsuper OR rolbypassrls AS passes FROM pg_catalog.pg_roles WHERE rolname = $1'

interface Verdict {
  readonly passed: Promise<void>
  askAgainAt: number
}

/** Finds out of roles whether policies hold for them, before they are used and once a minute. */
export class RoleCheck {
  readonly #ask: AskPlainly
  readonly #clock: Clock
  readonly #verdicts = new Map<string, Verdict>()

  constructor(ask: AskPlainly, clock: Clock) {
    this.#ask = ask
    this.#clock = clock
  }

  /**
   * Resolves when the role may be used. Only its first callers wait: later on a server that is away changes nothing.
   *
   * @throws HoldfastError `HOLDFAST_IDENTITY` for a role that policies do not hold for, or that is not there;
   *   QueryTimeoutError, AbortError; what the question fails with
   */
  async passed(role: string, limits: Limits): Promise<void> {
    const known = this.#verdicts.get(role) ?? this.#first(role)
    const now = this.#clock.now()
    if (now >= known.askAgainAt) this.#again(role, known, now)
    const error = (reason: 'timeout' | 'abort') => unaskedError(reason, limits)
    if (limits.signal?.aborted) throw error('abort')
    await within(known.passed, limits, { clock: this.#clock, error })
  }

  /** Callers share the question; a failure is not remembered. */
  #first(role: string): Verdict {
    const passed = this.#askAbout(role)
    const verdict = { passed, askAgainAt: this.#clock.now() + ASK_AGAIN_AFTER }
    this.#verdicts.set(role, verdict)
    passed.catch(() => this.#verdicts.delete(role))
    return verdict
  }

  /** In the background; only a refusal counts, and the next caller is told it. */
  #again(role: string, known: Verdict, now: number): void {
    known.askAgainAt = now + ASK_AGAIN_AFTER
    this.#askAbout(role).catch(error => {
      if (error instanceof HoldfastError && error.code === 'HOLDFAST_IDENTITY') this.#verdicts.delete(role)
    })
  }

  async #askAbout(role: string): Promise<void> {
    const { rows } = await this.#ask(PASSES_BY, [role])
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

function unaskedError(reason: 'timeout' | 'abort', { signal }: Limits): Error {
  if (reason === 'abort' && signal !== undefined) return abortError(signal, 'safe')
  const message =
    'The call ran past its deadline before the server had said whether policies hold for the role; nothing was sent.'
  return new QueryTimeoutError('HOLDFAST_QUERY_TIMEOUT', message, { retry: 'safe' })
}

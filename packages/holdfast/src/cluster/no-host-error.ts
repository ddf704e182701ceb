import { ConnectError } from '../base/errors.js'
import type { Target } from '../driver/connect-error.js'
import { isTransientConnectError } from '../driver/connect-error.js'
import type { SessionAttrs } from '../driver/hosts.js'

/** One host, and why it is not used: an error, or words. */
export interface Refusal {
  readonly target: Target
  readonly why: Error | string
}

/**
 * None of the hosts can be used: says of each why. Trying again helps when it may help with one of them. What keeps a
 * single host from being connected to speaks for itself.
 */
export function noHostError(refusals: readonly Refusal[], attrs: SessionAttrs): Error {
  const [only, ...others] = refusals
  if (others.length === 0 && only?.why instanceof Error) return only.why
  const each = refusals.map(({ target, why }) => `${place(target)}: ${reasonOf(why)}`).join('; ')
  const errors = refusals.map(({ why }) => why).filter(why => why instanceof Error)
  const mayPass = errors.length < refusals.length || errors.some(isTransientConnectError)
  const message = `No host can be used (target_session_attrs=${attrs}). ${each}.`
  return new ConnectError('HOLDFAST_NO_HOST', message, {
    retry: mayPass ? 'safe' : 'never',
    ...(errors.length > 0 && { cause: new AggregateError(errors, 'what went wrong with the hosts') }),
  })
}

/** The driver's words; ours would name the host again, and what to do about a single one. */
export function reasonOf(why: Error | string): string {
  if (typeof why === 'string') return why
  const { message, code } = (why.cause ?? why) as NodeJS.ErrnoException
  return message || code || 'no reason given'
}

/** A host with its port, as in a URL. */
export function place({ host, port }: Target): string {
  if (host.startsWith('/')) return host
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

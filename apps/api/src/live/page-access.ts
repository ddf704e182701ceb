import { createHmac } from 'node:crypto'
import { type Asking, isSame, type OperatorAccess, operatorAccess } from '../operator-access.js'

/** The cookie of who has signed in. */
export const COOKIE = 'holdfast_live'
/** Seconds for which a sign-in is good. */
export const SIGNED_IN = 12 * 3_600

/** Decides who may see the live page: operators, and with a token also who has signed in with it. */
export class PageGuard {
  readonly #token: string | undefined
  readonly #now: () => number

  constructor(token: string | undefined, now: () => number = Date.now) {
    this.#token = token
    this.#now = now
  }

  /** Whether this request may be answered. */
  access(request: Asking): OperatorAccess {
    if (isForeign(request)) return 'elsewhere'
    const access = operatorAccess(request, this.#token)
    return access === 'token-needed' && this.#hasCookie(request) ? 'granted' : access
  }

  /** @returns the cookie's value for whoever knows the token */
  signIn(token: unknown): string | undefined {
    if (this.#token === undefined || typeof token !== 'string' || !isSame(token, this.#token))
      return undefined
    const end = String(Math.floor(this.#now() / 1000) + SIGNED_IN)
    return `${end}.${signature(end, this.#token)}`
  }

  /** Nothing is looked up: a cookie proves itself. */
  #hasCookie({ headers }: Asking): boolean {
    const cookies = (headers.cookie ?? '').split(';').map(cookie => cookie.trim().split('='))
    const [end = '', signed = ''] = (cookies.find(([name]) => name === COOKIE)?.[1] ?? '').split('.')
    if (this.#token === undefined || !/^\d{1,12}$/.test(end) || Number(end) * 1000 < this.#now()) return false
    return isSame(signed, signature(end, this.#token))
  }
}

/** Bound to the token: another one ends every sign-in. */
function signature(end: string, token: string): string {
  return createHmac('sha256', token).update(`live page until ${end}`).digest('base64url')
}

/** A page of another site in somebody's browser; opening a link to the live page is no such thing. */
function isForeign({ headers }: Asking): boolean {
  const site = headers['sec-fetch-site']
  return (
    site !== undefined &&
    site !== 'same-origin' &&
    site !== 'none' &&
    headers['sec-fetch-mode'] !== 'navigate'
  )
}

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

/** Whether somebody may see the live page: `elsewhere` is whoever does not sit at this machine where no token is set. */
export type PageAccess = 'granted' | 'token-needed' | 'elsewhere'

/** The cookie of who has signed in. */
export const COOKIE = 'holdfast_live'
/** Seconds for which a sign-in is good. */
export const SIGNED_IN = 12 * 3_600

/** What is looked at of a request. */
export type Asking = Pick<FastifyRequest, 'headers'> & {
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** Decides who may see the live page. With a token: who has it. Without: who asks from this machine. */
export class PageGuard {
  readonly #token: string | undefined
  readonly #now: () => number

  constructor(token: string | undefined, now: () => number = Date.now) {
    this.#token = token
    this.#now = now
  }

  /** Whether this request may be answered. */
  access(request: Asking): PageAccess {
    if (isForeign(request)) return 'elsewhere'
    if (this.#token === undefined) return isLocal(request) ? 'granted' : 'elsewhere'
    return this.#hasToken(request) || this.#hasCookie(request) ? 'granted' : 'token-needed'
  }

  /** @returns the cookie's value for whoever knows the token */
  signIn(token: unknown): string | undefined {
    if (this.#token === undefined || typeof token !== 'string' || !same(token, this.#token)) return undefined
    const end = String(Math.floor(this.#now() / 1000) + SIGNED_IN)
    return `${end}.${signature(end, this.#token)}`
  }

  #hasToken({ headers }: Asking): boolean {
    const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
    return given !== undefined && this.#token !== undefined && same(given, this.#token)
  }

  /** Nothing is looked up: a cookie proves itself. */
  #hasCookie({ headers }: Asking): boolean {
    const cookies = (headers.cookie ?? '').split(';').map(cookie => cookie.trim().split('='))
    const [end = '', signed = ''] = (cookies.find(([name]) => name === COOKIE)?.[1] ?? '').split('.')
    if (this.#token === undefined || !/^\d{1,12}$/.test(end) || Number(end) * 1000 < this.#now()) return false
    return same(signed, signature(end, this.#token))
  }
}

/** Bound to the token: another one ends every sign-in. */
function signature(end: string, token: string): string {
  return createHmac('sha256', token).update(`live page until ${end}`).digest('base64url')
}

/** Compared in the same time wherever they differ, also in length. */
function same(given: string, wanted: string): boolean {
  const [one, other] = [given, wanted].map(text => createHmac('sha256', 'length').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
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

/**
 * Not through a proxy on this machine, for which everybody is local; and under a name of this machine, which a page of
 * another site that had its own name lead here does not have.
 */
function isLocal({ headers, socket }: Asking): boolean {
  const proxied = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some(
    name => headers[name] !== undefined,
  )
  const named = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(headers.host ?? '')
  return !proxied && named && /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')
}

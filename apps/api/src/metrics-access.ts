import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

/** What is looked at of a request. */
export type Scrape = Pick<FastifyRequest, 'headers'> & {
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** Whether a request gets the metrics, or why not. */
export type MetricsAccess = 'granted' | 'token-needed' | 'elsewhere'

/** Headers that a proxy leaves: behind one on this machine everybody would seem to ask from here. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/** With a token: who knows it. Without: who asks from this machine, under one of its own names. */
export function metricsAccess({ headers, socket }: Scrape, token: string | undefined): MetricsAccess {
  if (token !== undefined) {
    const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
    return given !== undefined && isSame(given, token) ? 'granted' : 'token-needed'
  }
  const isProxied = PROXY_HEADERS.some(name => headers[name] !== undefined)
  // A page of another site can have its own name lead here, but not one of ours.
  const isNamed = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(headers.host ?? '')
  const isLocal = /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')
  return isLocal && isNamed && !isProxied ? 'granted' : 'elsewhere'
}

/** Compared in the same time wherever they differ, also in length. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

/** What is looked at of a request. */
export type Asking = Pick<FastifyRequest, 'headers'> & {
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** Whether somebody sees what is for operators: `elsewhere` is who does not sit at this machine, where no token is set. */
export type OperatorAccess = 'granted' | 'token-needed' | 'elsewhere'

/** Headers that a proxy leaves: behind one on this machine everybody would seem to ask from here. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/** The rule of the metrics and of the live page. With a token: who sends it. Without: who asks from this machine. */
export function operatorAccess(request: Asking, token: string | undefined): OperatorAccess {
  if (token === undefined) return isLocal(request) ? 'granted' : 'elsewhere'
  const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
  return given !== undefined && isSame(given, token) ? 'granted' : 'token-needed'
}

/** Compares secrets in the same time wherever they differ, also in length. */
export function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}

/** Not through a proxy, and under a name of this machine: a page of another site whose own name leads here comes under that. */
function isLocal({ headers, socket }: Asking): boolean {
  const isProxied = PROXY_HEADERS.some(name => headers[name] !== undefined)
  const isNamed = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(headers.host ?? '')
  const isHere = /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')
  return isHere && isNamed && !isProxied
}

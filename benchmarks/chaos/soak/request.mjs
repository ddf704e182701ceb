import http from 'node:http'

/**
 * @typedef {{ method?: string, path: string, token?: string, key?: string, body?: object, seconds?: number }} Request
 *   `key`: its idempotency key; `seconds`: its deadline
 * @typedef {{ status: number | 'no answer' | 'hung', body?: any, retryAfter: number, millis: number }} Answer
 *   `retryAfter`: milliseconds, 0 when nothing is said
 */

const AGENT = new http.Agent({ keepAlive: true, maxSockets: 256 })
/** How long after its deadline a request is given up as hung. */
const PATIENCE = 10_000

/**
 * Sends one request. Never rejects: no answer is an answer too.
 *
 * @param {string} address
 * @param {Request} sent
 * @returns {Promise<Answer>}
 */
export function request(address, { method = 'GET', path, token, key, body, seconds = 10 }) {
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = {
    'request-timeout': String(seconds),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(key !== undefined && { 'idempotency-key': `"${key}"` }),
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
  }
  const began = performance.now()
  return new Promise(resolve => {
    const answer = (/** @type {Answer['status']} */ status, body = undefined, retryAfter = 0) =>
      resolve({ status, body, retryAfter, millis: performance.now() - began })
    const call = http.request(address + path, { agent: AGENT, method, headers }, response => {
      /** @type {Buffer[]} */
      const parts = []
      response.on('data', part => parts.push(part))
      response.on('error', () => answer('no answer'))
      response.on('end', () => {
        const after = Number(response.headers['retry-after'] ?? 0) * 1_000
        answer(response.statusCode ?? 0, parse(Buffer.concat(parts).toString()), after)
      })
    })
    call.setTimeout(seconds * 1_000 + PATIENCE, () => {
      answer('hung')
      call.destroy()
    })
    call.on('error', () => answer('no answer'))
    call.end(text)
  })
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Closes the connections that are kept open. */
export function closeConnections() {
  AGENT.destroy()
}

import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { startService, type TestService } from './support/service.js'
import { signToken } from './support/tokens.js'
import { until } from './support/until.js'

let service: TestService
afterEach(() => service.close())

/** Sends bytes as they are and returns all that comes back until the service closes the connection. */
async function sendRaw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(service.address)
  const socket = net.connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  socket.end(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

describe('what is not there', () => {
  test('an unknown address is 404, in words that repeat no query', async () => {
    service = await startService()
    for (const path of ['/', '/api', '/api/nothing', '/api/users/me/nothing?secret=1']) {
      const answer = await service.call(`GET ${path}`)
      expectProblem(answer, { status: 404, kind: 'not-found' })
      expect(JSON.stringify(answer.body)).not.toContain('secret')
    }
  })

  test.each([
    ['DELETE /api/creators', 'GET, HEAD'],
    ['PUT /api/users/me', 'GET, HEAD, PATCH'],
    ['POST /api/users/me', 'GET, HEAD, PATCH'],
    ['OPTIONS /api/sessions', 'GET, HEAD, POST'],
  ])('%s is 405 and says what is possible', async (request, allow) => {
    service = await startService()
    const answer = await service.call(request)
    expectProblem(answer, { status: 405, kind: 'method-not-allowed' })
    expect(answer.headers.get('allow')).toBe(allow)
  })

  test('an address that cannot be decoded is 400', async () => {
    service = await startService()
    expectProblem(await service.call('GET /api/creators/%zz'), { status: 400, kind: 'malformed-request' })
  })

  test.each([
    ['what is not HTTP', 'NONSENSE\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ])('%s is refused with a problem', async (_what, bytes, status) => {
    service = await startService()
    const text = await sendRaw(bytes)
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json`, 's'))
  })
})

describe('every response', () => {
  test('protects browsers and names its request, errors too', async () => {
    service = await startService()
    for (const path of ['/api/creators', '/nothing', '/api/users/me', '/api/creators/%zz']) {
      const { headers, body } = await service.call(`GET ${path}`)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
      if (body.requestId !== undefined) expect(headers.get('x-request-id')).toBe(body.requestId)
    }
  })

  test("keeps the caller's own name for the request when it is plain, and replaces it when it is not", async () => {
    service = await startService()
    const idFor = async (given: string) =>
      (await service.call('GET /api/health/live', { headers: { 'x-request-id': given } })).headers.get(
        'x-request-id',
      )
    expect(await idFor('trace-17.a_b')).toBe('trace-17.a_b')
    for (const bad of ['x'.repeat(65), 'a b', '"quoted"', '{"level":60}'])
      expect(await idFor(bad)).not.toBe(bad)
  })
})

describe('pages of other origins', () => {
  const preflight = (origin: string) => ({
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization',
    },
  })

  test('may ask when their origin is configured, also before they are signed in, and read the headers', async () => {
    service = await startService({ CORS_ORIGINS: 'https://app.example, http://localhost:5173' })
    for (const origin of ['https://app.example', 'http://localhost:5173']) {
      const { status, headers } = await service.call('OPTIONS /api/users/me', preflight(origin))
      expect(status).toBe(204)
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-allow-methods')).toContain('PATCH')
      expect(headers.get('access-control-allow-headers')).toContain('Authorization')
      const refused = await service.call('GET /api/users/me', { headers: { origin } })
      expectProblem(refused, { status: 401, kind: 'unauthenticated' })
      expect(refused.headers.get('access-control-allow-origin')).toBe(origin)
      expect(refused.headers.get('access-control-expose-headers')).toContain('Link')
    }
  })

  test('may not ask from another origin', async () => {
    service = await startService({ CORS_ORIGINS: 'https://app.example' })
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'null']) {
      const { headers } = await service.call('OPTIONS /api/users/me', preflight(origin))
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('may not ask at all by default', async () => {
    service = await startService()
    const answer = await service.call('OPTIONS /api/users/me', preflight('https://app.example'))
    expectProblem(answer, { status: 405, kind: 'method-not-allowed' })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('the rate limit', () => {
  const limited = (more: Record<string, string> = {}) =>
    startService({ RATE_LIMIT: '3', RATE_LIMIT_WINDOW: '10m', ...more })

  test('answers 429 with the time to wait, to each person by themself', async () => {
    service = await limited()
    const [one, two] = await Promise.all([signToken(), signToken()])
    for (let count = 0; count < 3; count++)
      expect((await service.call('GET /api/users/me', { token: one })).status).toBe(404)
    const refused = await service.call('GET /api/users/me', { token: one })
    expectProblem(refused, { status: 429, kind: 'too-many-requests' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(500)
    expect((await service.call('GET /api/users/me', { token: two })).status).toBe(404)
  })

  test('counts requests without a valid token by address, whatever they ask and send', async () => {
    service = await limited()
    expect((await service.call('GET /api/creators')).status).toBe(200)
    expect((await service.call('GET /api/users/me', { token: 'garbage' })).status).toBe(401)
    expect((await service.call('GET /nothing')).status).toBe(404)
    for (const request of ['GET /api/creators', 'GET /nothing', 'GET /api/users/me']) {
      const headers = { 'x-forwarded-for': '203.0.113.9' }
      expectProblem(await service.call(request, { headers }), { status: 429, kind: 'too-many-requests' })
    }
  })

  test('believes the address that a trusted proxy names', async () => {
    service = await limited({ TRUST_PROXY: '127.0.0.1' })
    const from = (address: string) =>
      service.call('GET /api/creators', { headers: { 'x-forwarded-for': address } })
    for (let count = 0; count < 3; count++) await from('203.0.113.9')
    expect((await from('203.0.113.9')).status).toBe(429)
    expect((await from('203.0.113.10')).status).toBe(200)
  })

  test('leaves out probes of health and the service role', async () => {
    service = await limited()
    const token = await signToken({ role: 'service_role' })
    const ready = async () => (await service.call('GET /api/health/ready')).status === 200
    await until('the service is ready', ready)
    for (let count = 0; count < 5; count++) {
      expect((await service.call('GET /api/health/ready')).status).toBe(200)
      expect((await service.call('GET /api/stats', { token })).status).toBe(200)
    }
  })
})

describe('the log', () => {
  test('has one line for each request, with its route, status and time', async () => {
    service = await startService()
    const { token } = await service.join()
    const { headers } = await service.call('GET /api/users/1?', { token })
    const lines = service.log
      .map(line => JSON.parse(line))
      .filter(({ reqId }) => reqId === headers.get('x-request-id'))
    expect(lines).toEqual([
      expect.objectContaining({
        method: 'GET',
        route: '/api/users/:id',
        status: 200,
        ms: expect.any(Number),
      }),
    ])
  })

  test('holds no token, no search and nothing that people wrote', async () => {
    service = await startService()
    const { token } = await service.join({ bio: 'my-private-words' })
    await service.call('GET /api/creators/search?q=my-private-search', { token })
    await service.call('PATCH /api/users/me', { token, body: { bio: 'my-private-words\0' } })
    await service.call('GET /api/users/me', { token: `${token}x` })
    await service.call('GET /api/stats', { headers: { authorization: 'Basic bXktcHJpdmF0ZQ==' } })
    const log = service.log.join()
    for (const secret of [token, token.split('.')[2], 'my-private', 'bXktcHJpdmF0ZQ', service.database.url]) {
      expect(log).not.toContain(secret)
    }
    expect(log).toContain('"problem":"unauthenticated"')
  })
})

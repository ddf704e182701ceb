import Type, { type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, startService, type TestService } from './support/service.js'
import { signToken } from './support/tokens.js'

/** JSON whose shape the tests find out as they go. */
interface Json {
  readonly [key: string]: Json
}

let service: TestService
let creator: Person
let document: Json
beforeAll(async () => {
  service = await startService()
  creator = await service.join({ is_creator: true, bio: 'Salsa', display_name: 'Ana', username: 'ana' })
  document = (await service.call('GET /api/openapi.json')).body
})
afterAll(() => service.close())

/** Every operation as [method, path, operation]. */
function operations(): [string, string, Json][] {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Json] => [
      method.toUpperCase(),
      path,
      operation,
    ]),
  )
}

/** Every `$ref` anywhere in the document. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' ? [String(child)] : references(child),
  )
}

describe('the OpenAPI document', () => {
  test('is one of version 3.1 with what it needs', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({ title: 'DIGIS', version: expect.any(String) })
    expect(document.components?.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } })
  })

  test('refers to nothing that it does not contain', () => {
    const names = Object.keys(document.components?.schemas ?? {})
    const found = new Set(references(document))
    expect(found.size).toBeGreaterThan(3)
    for (const reference of found)
      expect(names.map(name => `#/components/schemas/${name}`)).toContain(reference)
  })

  test('describes every operation: a summary, a tag, a name of its own, each response', () => {
    const names = operations().map(([, , { operationId }]) => String(operationId))
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(20)
    for (const [method, path, operation] of operations()) {
      expect(operation, `${method} ${path}`).toMatchObject({
        summary: expect.any(String),
        tags: [expect.any(String)],
      })
      for (const response of Object.values(operation.responses ?? {}))
        expect(response.description).not.toBe('Default Response')
    }
  })

  test('has a parameter for every placeholder of a path, and no other', () => {
    for (const [, path, operation] of operations()) {
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const parameters = Object.values(operation.parameters ?? {}).filter(
        ({ in: where }) => String(where) === 'path',
      )
      expect(parameters.map(({ name }) => name)).toEqual(placeholders)
    }
  })

  test('describes every error as a problem, and says where a token is needed', () => {
    for (const [method, path, operation] of operations()) {
      const isProtected = operation.security !== undefined
      expect(Object.hasOwn(operation.responses ?? {}, '401'), `${method} ${path}`).toBe(isProtected)
      for (const [status, response] of Object.entries(operation.responses ?? {})) {
        if (Number(status) < 400 || path.startsWith('/api/health')) continue
        expect(response.content).toEqual({
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        })
      }
    }
  })

  test('has an example for every body, and the example fits the schema', () => {
    const bodies = operations().flatMap(([, , { requestBody }]) =>
      requestBody === undefined ? [] : [requestBody],
    )
    expect(bodies.length).toBeGreaterThan(3)
    for (const { content } of bodies) {
      const { schema, example } = content?.['application/json'] ?? {}
      expect(example).toBeDefined()
      expect(Value.Check(schema as unknown as TSchema, example)).toBe(true)
    }
  })
})

test('what the service answers is what the document says', async () => {
  const fan = await service.join()
  const { body: session } = await service.call('POST /api/sessions', {
    token: fan.token,
    body: { creator_id: creator.id },
  })
  await service.call('POST /api/payments', {
    token: fan.token,
    body: { session_id: session.id, amount: '3' },
  })
  const tokens = {
    '/api/stats': await signToken({ role: 'service_role' }),
    '/api/users/me/earnings': creator.token,
    '/api/users/me/statistics/daily': creator.token,
  }
  const schemas = Object.fromEntries(
    Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => [
      `#/components/schemas/${name}`,
      schema,
    ]),
  )
  const today = new Date().toISOString().slice(0, 10)
  const values: Record<string, unknown> = { id: creator.id, kind: 'conflict' }
  const reads = operations().filter(([method]) => method === 'GET')
  expect(reads.length).toBeGreaterThan(12)
  for (const [, path, operation] of reads) {
    const own = path === '/api/sessions/{id}' ? session.id : undefined
    const url = path
      .replace(/\{(\w+)\}/, (_, name) => String(own ?? values[name]))
      .replace('/search', '/search?q=salsa')
      .replace('/daily', `/daily?from=${today}&to=${today}`)
    const token = tokens[path as keyof typeof tokens] ?? fan.token
    const answer = await service.call(`GET ${url}`, { token })
    expect(answer.status, url).toBe(200)
    const schema = operation.responses?.['200']?.content?.['application/json']?.schema as unknown as TSchema
    const inlined = JSON.parse(JSON.stringify(schema), (_, value) => schemas[value?.$ref] ?? value)
    expect([...Value.Errors(Type.Unsafe(inlined), answer.body)], url).toEqual([])
  }
})

test('the page to read it loads nothing from elsewhere and may not', async () => {
  for (const path of ['/api/docs', '/api/docs/']) {
    const { status, headers, body } = await service.call(`GET ${path}`)
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toContain("default-src 'self'")
    const urls = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, url]) => new URL(url, `${service.address}${path}`),
    )
    expect(urls.length).toBeGreaterThan(4)
    for (const url of urls) {
      expect(url.origin).toBe(service.address)
      expect((await service.call(`GET ${url.pathname}`)).status, url.pathname).toBe(200)
    }
  }
  expect((await service.call('GET /api/docs/static/swagger-initializer.js')).body).toContain(
    'validatorUrl: null',
  )
})

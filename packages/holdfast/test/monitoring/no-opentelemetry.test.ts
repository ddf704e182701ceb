import Module from 'node:module'
import { temporaryDatabase } from '@holdfast/testkit'
import { OptionsError, Pool, type Warning } from 'holdfast'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'

const API = '@opentelemetry/api'

let url: string
beforeAll(async () => {
  url = (await temporaryDatabase()).url
})
afterEach(() => vi.restoreAllMocks())

type Resolve = (request: string, ...rest: unknown[]) => string

/** The machine of somebody who has not installed the API. @returns what was looked for there */
function withoutApi(): string[] {
  const looked: string[] = []
  const loader = Module as unknown as { _resolveFilename: Resolve }
  const resolve = loader._resolveFilename
  vi.spyOn(loader, '_resolveFilename').mockImplementation((request, ...rest) => {
    looked.push(request)
    if (request === API)
      throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' })
    return resolve.call(Module, request, ...rest)
  })
  return looked
}

async function warningsOf(options: object): Promise<Warning[]> {
  const warnings: Warning[] = []
  const pool = new Pool({ connectionString: url, ...options })
  pool.on('warning', warning => warnings.push(warning))
  try {
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  } finally {
    await pool.end()
  }
  return warnings
}

test('without the API the pool warns once, by name of the package, and works', async () => {
  const looked = withoutApi()
  const warnings = await warningsOf({ telemetry: { sqlComments: true } })
  expect(looked).toContain(API)
  expect(warnings.map(({ code }) => code)).toEqual(['telemetry-missing'])
  expect(warnings[0]?.message).toContain('npm install @opentelemetry/api')
})

test.each([{}, { telemetry: false }])('with %o the API is not even looked for', async options => {
  const looked = withoutApi()
  expect(await warningsOf(options)).toEqual([])
  expect(looked).not.toContain(API)
})

test('with the API and no SDK nothing is told and nothing is sent', async () => {
  const pool = new Pool({ connectionString: url, telemetry: { sqlComments: true } })
  const text = 'SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()'
  expect((await pool.query(text)).rows).toEqual([{ query: text }])
  await pool.end()
})

test.each([
  [1, 'telemetry'],
  ['on', 'telemetry'],
  [{ traces: 'yes' }, 'telemetry.traces'],
  [{ span: true }, 'telemetry.span'],
])('the option telemetry: %j is refused, and the error says where', (telemetry, path) => {
  const make = () => new Pool({ telemetry: telemetry as never })
  expect(make).toThrow(OptionsError)
  expect(make).toThrow(`Option "${path}`)
})

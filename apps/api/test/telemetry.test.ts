import Module from 'node:module'
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { migratedDatabase, type ServiceOn, serviceOn } from './support/service.js'

const API = '@opentelemetry/api'

let url: string
beforeAll(async () => {
  url = (await migratedDatabase()).url
})

/** A service that was asked something, and has stopped. */
async function askedOnce(env: Record<string, string>): Promise<ServiceOn> {
  const service = await serviceOn(url, env)
  expect((await service.call('GET /api/creators')).status).toBe(200)
  await service.close()
  return service
}

/** What tells of OpenTelemetry in the log. */
const told = ({ log }: ServiceOn) => log.filter(line => line.includes('telemetry'))

/** The official SDK, for the length of a test. */
function startSdk(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
  onTestFinished(() => trace.disable())
  return exporter
}

test('with TELEMETRY=on each query of the service is a span of the pool "api"', async () => {
  const exporter = startSdk()
  const service = await askedOnce({ TELEMETRY: 'on' })
  const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'SELECT users')
  expect(spans.map(({ attributes }) => attributes['db.client.connection.pool.name'])).toEqual(['api'])
  expect(told(service)).toEqual([])
})

test.each(['off', 'metrics'])('with TELEMETRY=%s there are no spans', async TELEMETRY => {
  const exporter = startSdk()
  await askedOnce({ TELEMETRY })
  expect(exporter.getFinishedSpans()).toEqual([])
})

test('without the package the service says once which one it needs, and works', async () => {
  type Resolve = (request: string, ...rest: unknown[]) => string
  const loader = Module as unknown as { _resolveFilename: Resolve }
  const resolve = loader._resolveFilename
  vi.spyOn(loader, '_resolveFilename').mockImplementation((request, ...rest) => {
    if (request === API) throw Object.assign(new Error('not found'), { code: 'MODULE_NOT_FOUND' })
    return resolve.call(Module, request, ...rest)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const lines = told(await askedOnce({ TELEMETRY: 'on' }))
  expect(lines.map(line => JSON.parse(line))).toMatchObject([
    { level: 40, code: 'telemetry-missing', msg: expect.stringContaining(`npm install ${API}`) },
  ])
})

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly name: string
  /** 3 is CLIENT. */
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  /** 2 is ERROR. */
  readonly status: { readonly code?: number; readonly message?: string }
  readonly seconds: number
  readonly attributes: Readonly<Record<string, unknown>>
}

/** One value of a metric as it came over the wire. */
export interface ReceivedPoint {
  readonly attributes: Readonly<Record<string, unknown>>
  /** Of a sum or a gauge. */
  readonly value: number | undefined
  /** Of a histogram. */
  readonly count: number | undefined
  readonly sum: number | undefined
  readonly bounds: readonly number[] | undefined
}

/** A metric as it came over the wire. */
export interface ReceivedMetric {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly kind: 'sum' | 'gauge' | 'histogram'
  readonly monotonic: boolean
  readonly points: readonly ReceivedPoint[]
}

/** An OTLP receiver over HTTP with the JSON protocol. */
export interface OtlpReceiver {
  readonly url: string
  readonly spans: ReceivedSpan[]
  /** The latest export by name. */
  readonly metrics: Map<string, ReceivedMetric>
  /** Names of the scopes that told anything. */
  readonly scopes: Set<string>
  /** Every body that came, as text. */
  readonly bodies: string[]
  close(): Promise<void>
}

/** Starts one on a free port. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const received = {
    spans: [] as ReceivedSpan[],
    metrics: new Map<string, ReceivedMetric>(),
    scopes: new Set<string>(),
    bodies: [] as string[],
  }
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    received.bodies.push(body)
    const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(body)
    for (const { scope, spans } of resourceSpans.flatMap(scopesOf)) {
      received.scopes.add(scope.name)
      received.spans.push(...spans.map(spanOf))
    }
    for (const { scope, metrics } of resourceMetrics.flatMap(scopesOf)) {
      received.scopes.add(scope.name)
      for (const metric of metrics) received.metrics.set(metric.name, metricOf(metric))
    }
    response.setHeader('content-type', 'application/json').end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${port}`, ...received, close }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of another program
type Json = any

const scopesOf = (resource: Json): Json[] => resource.scopeSpans ?? resource.scopeMetrics

function spanOf(span: Json): ReceivedSpan {
  const { name, kind, traceId, spanId, parentSpanId, status } = span
  const seconds = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9
  return { name, kind, traceId, spanId, parentSpanId, status, seconds, attributes: attributesOf(span) }
}

function metricOf({ name, unit, description, sum, gauge, histogram }: Json): ReceivedMetric {
  const kind = sum ? 'sum' : gauge ? 'gauge' : 'histogram'
  const { dataPoints, isMonotonic = false } = sum ?? gauge ?? histogram
  return { name, unit, description, kind, monotonic: isMonotonic, points: dataPoints.map(pointOf) }
}

function pointOf(point: Json): ReceivedPoint {
  const number = point.asInt ?? point.asDouble
  return {
    attributes: attributesOf(point),
    value: number === undefined ? undefined : Number(number),
    count: point.count === undefined ? undefined : Number(point.count),
    sum: point.sum,
    bounds: point.explicitBounds,
  }
}

function attributesOf({ attributes = [] }: Json): Record<string, unknown> {
  const value = ({ stringValue, intValue, doubleValue, boolValue }: Json) =>
    stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue) : Number(intValue))
  return Object.fromEntries(attributes.map((each: Json) => [each.key, value(each.value)]))
}

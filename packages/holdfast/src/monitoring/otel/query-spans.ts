import type { Span, Tracer } from '@opentelemetry/api'
import type { QueryEvent, QueryObserver } from '../../base/query-event.js'
import { errorType, statusCode } from '../metrics/error-type.js'
import type { OpenTelemetryApi } from './load-api.js'
import { type PoolIdentity, poolAttributes, type SpanAttributes } from './span-attributes.js'
import { StatementWords } from './statement-words.js'

/** What spans are made with. */
export interface QuerySpansParts {
  readonly api: OpenTelemetryApi
  readonly tracer: Tracer
  readonly pool: PoolIdentity
  /** Whether statements carry the trace context to the server. */
  readonly sqlComments: boolean
}

/** Makes a span of each logical query: its attempts are inside, its parent is the caller's. */
export class QuerySpans implements QueryObserver {
  readonly #parts: QuerySpansParts
  readonly #common: SpanAttributes
  readonly #words = new StatementWords()
  /** Weak: a query of which nobody tells the end leaves nothing. */
  readonly #spans = new WeakMap<QueryEvent, Span>()

  constructor(parts: QuerySpansParts) {
    this.#parts = parts
    this.#common = poolAttributes(parts.pool)
  }

  started(event: QueryEvent): void {
    const { api, tracer, sqlComments } = this.#parts
    const { summary, text } = this.#words.of(event.text)
    const attributes: SpanAttributes = { ...this.#common }
    if (summary !== '') attributes['db.query.summary'] = summary
    if (text !== '') attributes['db.query.text'] = text
    const span = tracer.startSpan(summary || 'postgresql', {
      kind: api.SpanKind.CLIENT,
      startTime: event.startedAt,
      attributes,
    })
    if (sqlComments) event.comment = traceparent(api, span)
    if (span.isRecording()) this.#spans.set(event, span)
  }

  ended(event: QueryEvent): void {
    const span = this.#spans.get(event)
    if (span === undefined) return
    this.#spans.delete(event)
    span.setAttributes(outcome(event))
    // Without the message: PostgreSQL quotes values in it.
    if (event.error !== undefined) span.setStatus({ code: this.#parts.api.SpanStatusCode.ERROR })
    span.end(event.endedAt)
  }
}

function outcome({ error, attempts, waitMillis, target, cache, tier }: QueryEvent): SpanAttributes {
  const attributes: SpanAttributes = {
    'holdfast.attempts': attempts,
    'holdfast.wait_time': waitMillis / 1_000,
  }
  if (target !== undefined) attributes['holdfast.node'] = target
  if (cache !== undefined) attributes['holdfast.cache.status'] = cache
  if (tier !== undefined) attributes['holdfast.cache.tier'] = tier
  if (error === undefined) return attributes
  attributes['error.type'] = errorType(error)
  const code = statusCode(error)
  if (code !== undefined) attributes['db.response.status_code'] = code
  return attributes
}

/** The span as W3C's trace context has it, in the form of sqlcommenter; `undefined` without an SDK. */
function traceparent(api: OpenTelemetryApi, span: Span): string | undefined {
  const context = span.spanContext()
  if (!api.isSpanContextValid(context)) return undefined
  const flags = context.traceFlags.toString(16).padStart(2, '0')
  return `traceparent='00-${context.traceId}-${context.spanId}-${flags}'`
}

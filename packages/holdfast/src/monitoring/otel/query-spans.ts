import type { Span, Tracer } from '@opentelemetry/api'
import type { QueryEvent, QueryObserver } from '../../base/query-event.js'
import { errorType, isSqlState } from '../metrics/error-type.js'
import type { OpenTelemetryApi } from './load-api.js'
import { type PoolIdentity, poolAttributes, type SpanAttribute } from './span-attributes.js'
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
  readonly #words: StatementWords
  /** Weak: a query of which nobody tells the end leaves nothing. */
  readonly #spans = new WeakMap<QueryEvent, Span>()

  constructor(parts: QuerySpansParts) {
    this.#parts = parts
    this.#words = new StatementWords(poolAttributes(parts.pool))
  }

  started(event: QueryEvent): void {
    const { api, tracer, sqlComments } = this.#parts
    const { name, attributes } = this.#words.of(event.text)
    const kind = api.SpanKind.CLIENT
    const span = tracer.startSpan(name, { kind, startTime: event.startedAt, attributes })
    if (sqlComments) event.comment = traceparent(api, span)
    if (span.isRecording()) this.#spans.set(event, span)
  }

  ended(event: QueryEvent): void {
    const span = this.#spans.get(event)
    if (span === undefined) return
    this.#spans.delete(event)
    tellOutcome(span, event)
    // Without the message: PostgreSQL quotes values in it.
    if (event.error !== undefined) span.setStatus({ code: this.#parts.api.SpanStatusCode.ERROR })
    span.end(event.endedAt)
  }
}

function tellOutcome(span: Span, { error, attempts, waitMillis, target, cache, tier }: QueryEvent): void {
  const tell = (name: SpanAttribute, value: string | number | undefined) => {
    if (value !== undefined) span.setAttribute(name, value)
  }
  tell('holdfast.attempts', attempts)
  tell('holdfast.wait_time', waitMillis / 1_000)
  tell('holdfast.node', target)
  tell('holdfast.cache.status', cache)
  tell('holdfast.cache.tier', tier)
  if (error === undefined) return
  const type = errorType(error)
  tell('error.type', type)
  if (isSqlState(type)) tell('db.response.status_code', type)
}

/** The span as W3C's trace context has it, in the form of sqlcommenter; `undefined` without an SDK. */
function traceparent(api: OpenTelemetryApi, span: Span): string | undefined {
  const context = span.spanContext()
  if (!api.isSpanContextValid(context)) return undefined
  const flags = context.traceFlags.toString(16).padStart(2, '0')
  return `traceparent='00-${context.traceId}-${context.spanId}-${flags}'`
}

import type { QueryObservers } from '../../base/query-observers.js'
import type { TelemetrySettings } from '../../base/telemetry-options.js'
import type { Warn } from '../../base/warning.js'
import type { MetricFamily } from '../metrics/metric-family.js'
import type { PoolMetrics } from '../metrics/pool-metrics.js'
import { loadApi } from './load-api.js'
import { isOptedIn } from './opted-in.js'
import { PoolInstruments } from './pool-instruments.js'
import { QuerySpans } from './query-spans.js'
import type { PoolIdentity } from './span-attributes.js'

/** What telemetry is made of. */
export interface TelemetryParts {
  readonly settings: TelemetrySettings
  readonly pool: PoolIdentity
  readonly observers: QueryObservers
  readonly metrics: PoolMetrics
  readonly collect: () => readonly MetricFamily[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly warn: Warn
}

const SCOPE = 'holdfast'

/**
 * Tells OpenTelemetry what a pool does. Without its API there is a warning, and nothing else is different.
 *
 * @returns stops it
 */
export function startTelemetry(parts: TelemetryParts): () => void {
  const { settings, pool, observers, metrics, collect, env, warn } = parts
  const api = loadApi()
  if (api === undefined) {
    const message = `Pool "${pool.name}": the option telemetry needs the package "@opentelemetry/api" (npm install @opentelemetry/api); nothing is told.`
    // Nobody can listen to a pool that is still being made.
    process.nextTick(() => warn({ code: 'telemetry-missing', message }))
    return () => undefined
  }
  const { sqlComments } = settings
  const tracer = api.trace.getTracer(SCOPE)
  if (settings.traces) observers.add(new QuerySpans({ api, tracer, pool, sqlComments }))
  if (!settings.metrics) return () => undefined
  const meter = api.metrics.getMeter(SCOPE)
  const instruments = new PoolInstruments({ meter, pool, collect, development: isOptedIn(env) })
  metrics.tell(instruments)
  return () => instruments.stop()
}

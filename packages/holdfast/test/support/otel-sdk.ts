import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

/** The official SDK, set up for this process. */
export interface OtelSdk {
  /** Sends everything that there is. */
  flush(): Promise<void>
  shutdown(): Promise<void>
}

/** An hour: tests export when they want to. */
const NEVER_BY_ITSELF = 3_600_000

/** Sets up the SDK to export to a receiver, by OTLP over HTTP. */
export function startOtelSdk(url: string): OtelSdk {
  const spans = new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }), {
    maxQueueSize: 20_000,
    scheduledDelayMillis: NEVER_BY_ITSELF,
  })
  const tracers = new BasicTracerProvider({ spanProcessors: [spans] })
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }),
    exportIntervalMillis: NEVER_BY_ITSELF,
  })
  const meters = new MeterProvider({ readers: [reader] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(tracers)
  metrics.setGlobalMeterProvider(meters)
  const both = <T>(work: (provider: BasicTracerProvider | MeterProvider) => Promise<T>) =>
    Promise.all([work(tracers), work(meters)])
  return {
    flush: async () => void (await both(provider => provider.forceFlush())),
    shutdown: async () => {
      await both(provider => provider.shutdown())
      trace.disable()
      metrics.disable()
      context.disable()
    },
  }
}

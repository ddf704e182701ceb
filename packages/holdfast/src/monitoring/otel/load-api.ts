import { createRequire } from 'node:module'

/** OpenTelemetry's API: names without effect until the application sets up an SDK. */
export type OpenTelemetryApi = typeof import('@opentelemetry/api')

/** Loads the API; `undefined` when it is not installed. Its state is the process', whoever loads it and how often. */
export function loadApi(): OpenTelemetryApi | undefined {
  try {
    // At once, so that the first query is not missed.
    return createRequire(import.meta.url)('@opentelemetry/api') as OpenTelemetryApi
  } catch {
    return undefined
  }
}

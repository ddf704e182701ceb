const VARIABLE = 'OTEL_SEMCONV_STABILITY_OPT_IN'

/**
 * Whether the environment asks for the database conventions that are still in development: the metrics of pools. Their names
 * may change with OpenTelemetry's.
 */
export function isOptedIn(env: Readonly<Record<string, string | undefined>>): boolean {
  const words = (env[VARIABLE] ?? '').split(',').map(word => word.trim())
  return words.includes('database') || words.includes('database/dup')
}

import type { App } from '../app.js'
import { BUCKETS, bucketOf, sparse } from './latency-buckets.js'

/** What was answered since it was asked last. */
export interface MeteredRequests {
  readonly requests: number
  /** Those of them that were answered with 5xx. */
  readonly failures: number
  /** How long they took; see `latency-buckets`. */
  readonly latency: readonly number[]
}

/** Counts the answers of a service and how long they took. Probes of its health and the live page itself do not count. */
export function meterRequests(app: App): () => MeteredRequests {
  const counts = new Float64Array(BUCKETS)
  let requests = 0
  let failures = 0
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched'
    if (route.startsWith('/api/health') || route.startsWith('/dashboard')) return
    requests++
    if (reply.statusCode >= 500) failures++
    const bucket = bucketOf(reply.elapsedTime)
    counts[bucket] = (counts[bucket] ?? 0) + 1
  })
  return () => {
    const metered = { requests, failures, latency: sparse(counts) }
    counts.fill(0)
    requests = 0
    failures = 0
    return metered
  }
}

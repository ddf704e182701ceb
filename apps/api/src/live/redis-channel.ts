import { createClient } from '@redis/client'
import { CHANNEL, type ReportChannel } from './report-channel.js'

/** Milliseconds between attempts to reach a Redis that is away. */
const RETRY = 1_000

/** Publishes through Redis; while it is away nothing is sent and nothing heard, and it is looked for every second. */
export function redisChannel(url: string, hear: (report: string) => void): ReportChannel {
  // What waits for a Redis that is away would be old when it is back.
  const speaker = createClient({
    url,
    RESP: 3,
    name: 'holdfast-live',
    disableOfflineQueue: true,
    socket: { reconnectStrategy: () => RETRY, connectTimeout: 2 * RETRY },
  })
  // To subscribe it may wait: it only has to happen once.
  const listener = speaker.duplicate({ disableOfflineQueue: false })
  for (const client of [speaker, listener]) {
    // The page says that Redis is away; a line each second would say no more.
    client.on('error', () => {})
    client.connect().catch(() => {})
  }
  listener.subscribe(CHANNEL, hear).catch(() => {})
  return {
    async publish(report) {
      if (!speaker.isReady) return false
      return speaker.publish(CHANNEL, report).then(
        () => true,
        () => false,
      )
    },
    async close() {
      speaker.destroy()
      listener.destroy()
    },
  }
}

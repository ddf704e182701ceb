import { channel, tracingChannel } from 'node:diagnostics_channel'

/** What was published: the channel, the event of a tracing channel, and the context as it was then. */
export interface Published {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: contexts of all channels
  readonly context: any
}

const TRACING = ['pg:query', 'pg:connection', 'pg:pool:connect'] as const
const PLAIN = ['pg:pool:release', 'pg:pool:remove'] as const

/** Subscribes to every channel while some work is done. */
export async function recordChannels(work: () => Promise<void>): Promise<Published[]> {
  const published: Published[] = []
  const stops = [
    ...TRACING.map(name => {
      const note = (event: string) => (context: object) =>
        void published.push({ name: `${name} ${event}`, context: { ...context } })
      const handlers = {
        start: note('start'),
        end: () => {},
        asyncStart: () => {},
        asyncEnd: note('asyncEnd'),
        error: note('error'),
      }
      tracingChannel(name).subscribe(handlers)
      return () => void tracingChannel(name).unsubscribe(handlers)
    }),
    ...PLAIN.map(name => {
      const note = (message: unknown) => void published.push({ name, context: { ...(message as object) } })
      channel(name).subscribe(note)
      return () => void channel(name).unsubscribe(note)
    }),
  ]
  try {
    await work()
  } finally {
    for (const stop of stops) stop()
  }
  return published
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../problem.js'
import { protectionFor } from '../response-headers.js'
import type { LiveMonitor, LiveView } from './live-monitor.js'

/** A response that goes on: server-sent events. */
export interface EventStream {
  /** @param data sent as JSON */
  send(event: string, data: object): void
  /** Has each new view of the monitor told, until the reader or the service goes. */
  follow(watcher: (view: LiveView) => void): void
}

/** More readers than this are turned away. */
const MOST_READERS = 64
/** Bytes that may wait for a slow reader; it misses seconds then. */
const MOST_WAITING = 512 * 1024

/**
 * Makes a stream of events of a response.
 *
 * @throws {Problem} `overloaded` when there are too many readers
 */
export function streamEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  monitor: LiveMonitor,
): EventStream {
  if (monitor.watchers >= MOST_READERS)
    throw new Problem('overloaded', { detail: `The live page has ${MOST_READERS} readers already.` })
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...protectionFor(request.id),
    'content-type': 'text/event-stream; charset=utf-8',
    // Proxies that gather responses would deliver seconds in heaps.
    'x-accel-buffering': 'no',
  })
  return {
    send(event, data) {
      if (raw.writableLength > MOST_WAITING || raw.destroyed) return
      raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    follow(watcher) {
      const unwatch = monitor.watch(watcher, () => raw.end())
      raw.once('close', unwatch)
    },
  }
}

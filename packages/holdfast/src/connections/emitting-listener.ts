import type { PoolClient } from 'pg'
import { unreferenced } from './drop-in.js'
import type { PoolListener } from './pool-listener.js'

/** A pool as far as its events go. */
export interface PoolEvents {
  /** Emits as pg's pool does; what a listener throws does not come back. */
  readonly emit: (event: string, ...args: unknown[]) => void
  readonly listenerCount: (event: string) => number
  /** As the option of pg: idle connections do not keep the process alive. */
  readonly allowExitOnIdle: boolean | undefined
  readonly onConnect: () => void
  readonly onIdleLost: (client: PoolClient, error: Error) => void
  readonly onDistrust: PoolListener['onDistrust']
  readonly onOpenTransaction: PoolListener['onOpenTransaction']
}

/** Tells the listeners of a pool what happens to its connections, in pg's words. */
export function emittingListener(pool: PoolEvents): PoolListener {
  const { emit, listenerCount, allowExitOnIdle } = pool
  return {
    onConnect: ({ client }) => {
      pool.onConnect()
      emit('connect', client)
    },
    onAcquire: ({ client }) => {
      if (allowExitOnIdle) unreferenced(client).ref()
      if (listenerCount('acquire') > 0) emit('acquire', client)
    },
    onIdle: ({ client }) => {
      if (allowExitOnIdle) unreferenced(client).unref()
    },
    onRelease: ({ client }, error) => {
      if (listenerCount('release') > 0) emit('release', error, client)
    },
    onRemove: ({ client }) => emit('remove', client),
    onIdleLost: ({ client }, error) => pool.onIdleLost(client, error),
    onDistrust: pool.onDistrust,
    onOpenTransaction: pool.onOpenTransaction,
  }
}

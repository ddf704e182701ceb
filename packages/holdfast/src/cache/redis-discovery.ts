import type { Clock } from '../base/clock.js'
import { endIn } from './end-in.js'
import type { RedisClient } from './redis-client.js'
import { RedisFailure } from './redis-failure.js'

/** Where a server listens. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** Milliseconds for one server to answer, so that several can be asked. */
const PROBE_TIMEOUT_MS = 300

/** Servers to ask, each by a client that is not connected yet. */
export interface Probes {
  readonly makeClients: readonly (() => RedisClient)[]
  readonly clock: Clock
}

/**
 * The primary that a sentinel names; the first sentinel that answers decides.
 *
 * @throws RedisFailure when none does
 */
export function findMaster(sentinels: Probes, name: string): Promise<RedisAddress> {
  return firstAnswer(sentinels, async client => {
    const reply = await client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
    if (!Array.isArray(reply)) throw new RedisFailure('down', 'no sentinel knows a primary of that name')
    return { host: String(reply[0]), port: Number(reply[1]) }
  })
}

/**
 * The primary that holds the slot of a key in a cluster, as the first node that answers knows it.
 *
 * @throws RedisFailure when none answers, or nobody holds the slot
 */
export function findSlotOwner(nodes: Probes, key: string): Promise<RedisAddress> {
  return firstAnswer(nodes, async (client, contact) => {
    const [slot, ranges] = await Promise.all([
      client.sendCommand(['CLUSTER', 'KEYSLOT', key]),
      client.sendCommand(['CLUSTER', 'SLOTS']),
    ])
    const owner = ownerOf(Number(slot), ranges as readonly SlotRange[])
    if (owner === undefined) throw new RedisFailure('down', 'no node of the cluster holds the slot')
    // A node that does not know its own name says nothing: it is the one that was asked.
    return { host: owner[0] || contact, port: owner[1] }
  })
}

/** From, to, the primary's address and more, the replicas. */
type SlotRange = readonly [number, number, readonly [string | null, number, ...unknown[]], ...unknown[]]

function ownerOf(
  slot: number,
  ranges: readonly SlotRange[],
): readonly [string | null, number, ...unknown[]] | undefined {
  return ranges.find(([from, to]) => slot >= from && slot <= to)?.[2]
}

type Ask<T> = (client: RedisClient, contact: string) => Promise<T>

/** Asks one after the other until one answers. */
async function firstAnswer<T>({ makeClients, clock }: Probes, ask: Ask<T>): Promise<T> {
  let failure: unknown = new RedisFailure('down', 'no server is given')
  for (const makeClient of makeClients) {
    const client = makeClient()
    client.on('error', () => {})
    client.unref()
    try {
      const asked = client.connect().then(() => ask(client, hostOf(client)))
      return await endIn(asked, PROBE_TIMEOUT_MS, { clock, isCall: false })
    } catch (error) {
      failure = error
    } finally {
      client.destroy()
    }
  }
  throw failure
}

function hostOf(client: RedisClient): string {
  const { options } = client as { options?: { socket?: { host?: string } } }
  return options?.socket?.host ?? '127.0.0.1'
}

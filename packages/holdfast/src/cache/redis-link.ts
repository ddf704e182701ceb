import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.js'
import { endIn } from './end-in.js'
import { AS_BUFFERS, CONNECT_TIMEOUT_MS, type RedisArgument, type RedisClient } from './redis-client.js'
import { anotherIncarnation, failureOf, isNoScript, RedisFailure } from './redis-failure.js'
import { INCARNATION, type RedisScript, SCRIPTS } from './redis-scripts.js'
import { checkServer, type ServerFacts } from './redis-server-info.js'
import type { LocateRedis } from './redis-source.js'

/** What a link tells its owner. */
export interface LinkEvents {
  /** The stamp of this tag changed. */
  onInvalidated(tag: string): void
  /** The server may hold another cache than before: ask {@link RedisLink.verify}. */
  onDoubt(): void
  /** A connection broke; told once, and never by {@link RedisLink.close}. */
  onLost(failure: RedisFailure): void
}

/** How to open a link. */
export interface LinkOptions {
  readonly locate: LocateRedis
  /** What all keys begin with: a hash tag, so that a cluster keeps them in one slot. */
  readonly root: string
  readonly clock: Clock
  readonly events: LinkEvents
}

/** A script with its keys and arguments. The incarnation is put before both. */
export interface ScriptCall {
  readonly script: RedisScript
  readonly keys: readonly string[]
  readonly args: readonly RedisArgument[]
}

/** What was read without a script; `null` for what is not there, and for the stamp of a tag that is marked. */
export interface PlainReply {
  readonly values: readonly (Buffer | null)[]
  readonly stamps: readonly (string | null)[]
}

/** Which connection: `tracking` hears of invalidations, in order with its replies. */
export type Side = 'commands' | 'tracking'

/**
 * Two connections to one server: one for commands, one whose reads the server tracks. Neither reconnects: when one
 * breaks the link is over. Does not keep the process alive.
 */
export class RedisLink {
  readonly #options: LinkOptions
  readonly #clients: Readonly<Record<Side, RedisClient>>
  #runId = ''
  #inChargeFor = 0
  #incarnation = ''
  #tagPrefix = ''
  #verifying: Promise<boolean> | undefined
  #over = false

  private constructor(options: LinkOptions, clients: Readonly<Record<Side, RedisClient>>) {
    this.#options = options
    this.#clients = clients
  }

  /**
   * Connects, turns tracking on, and checks that both connections reach the same, suitable server.
   *
   * @throws RedisFailure after at most {@link CONNECT_TIMEOUT_MS}
   */
  static async open(options: LinkOptions): Promise<RedisLink> {
    let link: RedisLink | undefined
    let isAbandoned = false
    const opening = async (): Promise<RedisLink> => {
      const makeClient = await options.locate(incarnationKey(options.root))
      if (isAbandoned) throw new RedisFailure('slow', 'no server found in time')
      link = new RedisLink(options, { commands: makeClient(false), tracking: makeClient(true) })
      await link.#start()
      return link
    }
    try {
      return await endIn(opening(), CONNECT_TIMEOUT_MS, { clock: options.clock, isCall: false })
    } catch (error) {
      isAbandoned = true
      link?.close()
      throw failureOf(error)
    }
  }

  /** Milliseconds for which everybody can have found this server in charge when it was asked last, at least. */
  get inChargeFor(): number {
    return this.#inChargeFor
  }

  /** Begins with `{root}:<incarnation>:`; tags and values have different endings. */
  tagKey(tag: string): string {
    return this.#tagPrefix + tag
  }

  valueKey(key: string): string {
    return `${this.#tagPrefix.slice(0, -2)}v:${key}`
  }

  /** Where the script of reads keeps who loads a value. */
  leaseKey(key: string): string {
    return `${this.valueKey(key)}!`
  }

  /** Runs a script. @throws RedisFailure */
  async run(side: Side, call: ScriptCall): Promise<unknown> {
    const client = this.#clients[side]
    const count = String(call.keys.length + 1)
    const rest = [count, incarnationKey(this.#options.root), ...call.keys, this.#incarnation, ...call.args]
    try {
      return await client.sendCommand(['EVALSHA', call.script.sha, ...rest], AS_BUFFERS)
    } catch (error) {
      if (!isNoScript(error)) throw failureOf(error)
    }
    try {
      return await client.sendCommand(['EVAL', call.script.source, ...rest], AS_BUFFERS)
    } catch (error) {
      throw failureOf(error)
    }
  }

  /**
   * Reads values, and after them the stamps of tags, without a script, which is less work for the server. Of the values
   * nothing is tracked.
   *
   * @throws RedisFailure, also when the server is not in charge or holds another cache
   */
  async readPlainly(values: readonly string[], tags: readonly string[]): Promise<PlainReply> {
    const client = this.#clients.tracking
    // Should it be refused, then more is tracked than has to be.
    client.sendCommand(['CLIENT', 'CACHING', 'NO']).catch(() => undefined)
    try {
      const [stored, , stamps] = await Promise.all([
        client.sendCommand(['MGET', ...values], AS_BUFFERS),
        this.confirm(),
        // Last, because the answer is as of this moment: what changes afterwards is told after it.
        tags.length === 0 ? [] : client.sendCommand(['MGET', ...tags]),
      ])
      return { values: stored, stamps } as PlainReply
    } catch (error) {
      throw failureOf(error)
    }
  }

  /**
   * Asks nothing but whether the server is in charge and holds the cache known here. On the tracking connection, so that the
   * answer comes after every invalidation that was caused before. Not by PING: a demoted primary answers that. GETEX counts
   * as writing, though it changes nothing: a server that is not in charge refuses it, and one that is full does not.
   *
   * @throws RedisFailure
   */
  async confirm(): Promise<void> {
    let incarnation: unknown
    try {
      incarnation = await this.#clients.tracking.sendCommand(['GETEX', incarnationKey(this.#options.root)])
    } catch (error) {
      throw failureOf(error)
    }
    if (incarnation !== this.#incarnation) throw anotherIncarnation()
  }

  /** Sends a command. @throws RedisFailure */
  async send(command: readonly RedisArgument[], side: Side = 'commands'): Promise<unknown> {
    try {
      return await this.#clients[side].sendCommand(command, AS_BUFFERS)
    } catch (error) {
      throw failureOf(error)
    }
  }

  /**
   * Asks both connections anew who the server is; calls at the same time share one answer.
   *
   * @returns whether the cache is still the one known before
   * @throws RedisFailure when the server is not fit any more or does not answer within {@link CONNECT_TIMEOUT_MS}
   */
  verify(): Promise<boolean> {
    this.#verifying ??= this.#identifyInTime().finally(() => {
      this.#verifying = undefined
    })
    return this.#verifying
  }

  close(): void {
    this.#over = true
    for (const client of Object.values(this.#clients)) client.destroy()
  }

  async #start(): Promise<void> {
    const { commands, tracking } = this.#clients
    for (const client of [commands, tracking]) {
      client.on('error', (error: unknown) => this.#lost(error))
      client.on('end', () => this.#lost(new RedisFailure('down', 'the connection was lost')))
      client.unref()
    }
    tracking.on('invalidate', (key: Buffer | string | null) => this.#invalidated(key))
    await Promise.all([commands.connect(), tracking.connect()])
    const prepared = [
      // Not NOLOOP: then Redis would not tell of a key either that it evicts, or no longer tracks, while a command of
      // this connection runs. The price is that a stamp minted here counts as unknown until it is read again.
      tracking.sendCommand(['CLIENT', 'TRACKING', 'ON', 'OPTOUT']),
      ...SCRIPTS.map(({ source }) => commands.sendCommand(['SCRIPT', 'LOAD', source])),
    ]
    await Promise.all([...prepared, this.#identify()])
  }

  async #identifyInTime(): Promise<boolean> {
    try {
      return await endIn(this.#identify(), CONNECT_TIMEOUT_MS, { clock: this.#options.clock, isCall: false })
    } catch (error) {
      throw failureOf(error)
    }
  }

  async #identify(): Promise<boolean> {
    const sides = [this.#clients.commands, this.#clients.tracking] as const
    const [facts, other] = await Promise.all([factsOf(sides[0]), factsOf(sides[1])])
    const { runId } = facts
    if (runId !== other.runId) {
      throw new RedisFailure('gone', 'its two connections reached different servers')
    }
    const [first, second] = await Promise.all(sides.map(client => this.#incarnationOf(client, runId)))
    if (first === undefined || first !== second) throw new RedisFailure('gone', 'it changes at this moment')
    const isSame = first === this.#incarnation
    this.#runId = runId
    this.#inChargeFor = facts.inChargeFor
    this.#incarnation = first
    this.#tagPrefix = `${this.#options.root}:${first.slice(first.lastIndexOf('.') + 1)}:t:`
    return isSame
  }

  async #incarnationOf(client: RedisClient, runId: string): Promise<string> {
    const fresh = randomBytes(12).toString('base64url')
    const args = ['EVAL', INCARNATION.source, '1', incarnationKey(this.#options.root), runId, fresh]
    return String(await client.sendCommand(args))
  }

  #invalidated(key: Buffer | string | null): void {
    if (this.#over) return
    const { events, root } = this.#options
    const name = key === null ? incarnationKey(root) : key.toString()
    if (name === incarnationKey(root)) events.onDoubt()
    else if (name.startsWith(this.#tagPrefix)) events.onInvalidated(name.slice(this.#tagPrefix.length))
  }

  #lost(error: unknown): void {
    if (this.#over) return
    this.close()
    // While it opens, the opening itself fails.
    if (this.#runId !== '') this.#options.events.onLost(failureOf(error))
  }
}

function incarnationKey(root: string): string {
  return `${root}:incarnation`
}

async function factsOf(client: RedisClient): Promise<ServerFacts> {
  return checkServer(String(await client.sendCommand(['INFO'])))
}

import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { ArmedFault, type Fault } from './fault-proxy/armed-fault.js'
import type { FaultPlan } from './fault-proxy/fault-plan.js'
import { checkRule, type FaultRule } from './fault-proxy/fault-rule.js'
import { PLAIN_WIRE, type Protocol, type Wire } from './fault-proxy/message.js'
import { PostgresWire } from './fault-proxy/postgres-wire.js'
import { ProxiedConnection } from './fault-proxy/proxied-connection.js'
import { RedisWire } from './fault-proxy/redis-wire.js'

/** What a proxy understands. */
export interface FaultProxyOptions {
  /** Lets rules name the messages of a protocol. Default: none, each piece of bytes is a message. */
  readonly protocol?: Protocol
  /** In force from the first connection on. */
  readonly rules?: readonly FaultRule[]
}

/** A proxy on 127.0.0.1 in front of a server, that can make a network fail: at once, or at a chosen message. */
export class FaultProxy {
  /** Where new connections lead: a port on 127.0.0.1. */
  target: number
  readonly #server: Server
  readonly #protocol: Protocol | undefined
  readonly #connections = new Set<ProxiedConnection>()
  readonly #faults = new Set<ArmedFault>()
  #accepted = 0
  /** Whether the server is out of reach. */
  #refuses = false
  /** Whether everything is held back. */
  #stalled = false

  private constructor(target: number, { protocol, rules = [] }: FaultProxyOptions) {
    this.target = target
    this.#protocol = protocol
    this.#server = createServer({ allowHalfOpen: true }, client => this.#accept(client))
    for (const rule of rules) this.inject(rule)
  }

  /**
   * @param target the server's port on 127.0.0.1
   * @throws Error for a rule that names what the protocol does not have
   */
  static async start(target: number, options: FaultProxyOptions = {}): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, options)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** Where clients connect to, on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections accepted so far, those refused included. */
  get accepted(): number {
    return this.#accepted
  }

  /** The target's URL with the proxy's port. */
  url(targetUrl: string): string {
    return Object.assign(new URL(targetUrl), { port: String(this.port) }).href
  }

  /**
   * Arms a rule: it strikes at the message it describes, whenever that comes. Of several rules the first that fits
   * strikes.
   *
   * @throws Error naming the field that is impossible, what was expected and what was given
   */
  inject(rule: FaultRule): Fault {
    checkRule(rule, this.#protocol)
    const fault = new ArmedFault(rule)
    this.#faults.add(fault)
    return fault
  }

  /**
   * Arms the rules of a plan one after the other, each when the one before it has struck.
   *
   * @param onStrike told which has struck, to heal it for example
   */
  follow({ rules }: FaultPlan, onStrike: (fault: Fault) => void = () => undefined): void {
    const [rule, ...rest] = rules
    if (rule === undefined) return
    const fault = this.inject(rule)
    void fault.struck.then(() => {
      onStrike(fault)
      this.follow({ rules: rest }, onStrike)
    })
  }

  /** Ends connections without a farewell. @param share the part of them that is hit, at least one */
  cut(share = 1, choose: () => number = Math.random): void {
    for (const connection of this.#some(share, choose)) connection.end()
  }

  /** Resets connections, as a router does that has forgotten them. @param share the part of them that is hit, at least one */
  reset(share = 1, choose: () => number = Math.random): void {
    for (const connection of this.#some(share, choose)) connection.end(socket => socket.resetAndDestroy())
  }

  /** From now on nothing gets through, on old connections and new ones, and nothing is told. */
  stall(): void {
    this.#stalled = true
    for (const connection of this.#connections) connection.hold(this)
  }

  /** Cuts every connection and accepts no new one: the server is out of reach. */
  isolate(): void {
    this.#refuses = true
    this.cut()
  }

  /** Everything works again: what was held back arrives, and no rule is armed any more. */
  heal(): void {
    this.#refuses = false
    this.#stalled = false
    for (const connection of this.#connections) connection.release(this)
    for (const fault of this.#faults) fault.lift()
    this.#faults.clear()
  }

  /** Cuts everything and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.isolate()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    this.#accepted++
    if (this.#refuses) return void client.on('error', () => undefined).resetAndDestroy()
    const address = { port: this.target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }
    const connection = new ProxiedConnection({
      client: client.setNoDelay(true),
      server: createConnection(address),
      wire: this.#wire(),
      faults: this.#faults,
      onClosed: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
    if (this.#stalled) connection.hold(this)
  }

  #wire(): Wire {
    if (this.#protocol === undefined) return PLAIN_WIRE
    return this.#protocol === 'postgres' ? new PostgresWire() : new RedisWire()
  }

  /** At least one connection, so that no fault goes unnoticed. */
  #some(share: number, choose: () => number): ProxiedConnection[] {
    const connections = [...this.#connections]
    const hit = connections.filter(() => choose() < share)
    return hit.length > 0 ? hit : connections.slice(0, 1)
  }
}

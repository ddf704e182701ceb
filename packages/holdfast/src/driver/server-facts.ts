import type { Client } from 'pg'
import { internals } from './pg-internals.js'

/** What servers tell of themselves while we connect, and when it changes: nobody has to ask. */
export class ServerFacts {
  #version: string | undefined
  #standby: boolean | undefined
  /** Called when a standby has become a primary without being left; set once by the pool. */
  onPromoted: () => void = () => undefined

  /** As in `SHOW server_version`; `undefined` before the first connection. */
  get version(): string | undefined {
    return this.#version
  }

  /** Of the server that spoke last; `unknown` before that, and for servers before PostgreSQL 14. */
  get role(): 'primary' | 'standby' | 'unknown' {
    if (this.#standby === undefined) return 'unknown'
    return this.#standby ? 'standby' : 'primary'
  }

  /** Listens to a client that is about to connect. */
  listenTo(client: Client): void {
    internals(client).connection.on('parameterStatus', this.#note)
  }

  readonly #note = ({ parameterName, parameterValue }: ParameterStatus): void => {
    if (parameterName === 'server_version') this.#version = parameterValue
    if (parameterName === 'in_hot_standby') this.#noteStandby(parameterValue === 'on')
  }

  #noteStandby(isStandby: boolean): void {
    const isPromoted = this.#standby === true && !isStandby
    this.#standby = isStandby
    if (isPromoted) this.onPromoted()
  }
}

/** pg's form of the protocol's message. */
interface ParameterStatus {
  readonly parameterName: string
  readonly parameterValue: string
}

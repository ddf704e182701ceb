import type { Client } from 'pg'
import type { SessionAttrs } from '../driver/hosts.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { internals } from '../driver/pg-internals.js'
import { askPlainly } from './ask-plainly.js'

/** What a session may do. */
export interface SessionRole {
  /** The server is a hot standby. */
  readonly standby: boolean
  /** Transactions are read-only unless they ask for more. */
  readonly readOnly: boolean
}

/** Which roles fit each of the attributes, as in libpq; `prefer-standby` takes the rest when there is no standby. */
const FITTING: Readonly<Record<SessionAttrs, (role: SessionRole) => boolean>> = {
  any: () => true,
  'read-write': ({ standby, readOnly }) => !standby && !readOnly,
  'read-only': ({ standby, readOnly }) => standby || readOnly,
  primary: ({ standby }) => !standby,
  standby: ({ standby }) => standby,
  'prefer-standby': ({ standby }) => standby,
}

/** Whether a session with this role is what was asked for. */
export function fits(attrs: SessionAttrs, role: SessionRole): boolean {
  return FITTING[attrs](role)
}

/** A role in words, for errors. */
export function describeRole({ standby, readOnly }: SessionRole): string {
  if (standby) return 'it is a standby'
  return readOnly ? 'its sessions are read-only' : 'it is a primary that takes writes'
}

/** What servers tell of each session from PostgreSQL 14 on. */
const TOLD = ['in_hot_standby', 'default_transaction_read_only'] as const

/** Learns the role of sessions from what their servers tell at the start, so that asking costs nothing. */
export class RoleListener {
  readonly #told = new WeakMap<Client, Map<string, string>>()

  /** To be called before the client connects. */
  readonly listen = (client: Client): void => {
    const told = new Map<string, string>()
    this.#told.set(client, told)
    internals(client).connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      told.set(parameterName, parameterValue)
    })
  }

  /** The role of an open session; older servers and some poolers tell nothing and are asked. */
  async roleOf(connection: PgConnection, millis: number): Promise<SessionRole> {
    const told = this.#told.get(connection.client)
    const [standby, readOnly] = TOLD.map(name => told?.get(name))
    if (standby !== undefined && readOnly !== undefined)
      return { standby: standby === 'on', readOnly: readOnly === 'on' }
    const [row] = await askPlainly(connection, ROLE, millis)
    return { standby: row?.[0] === 't', readOnly: row?.[1] === 'on' }
  }
}

const ROLE = "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')"

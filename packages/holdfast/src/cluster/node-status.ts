import { parseLsn, type WalPosition } from '../base/lsn.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { askPlainly } from './ask-plainly.js'
import type { SessionRole } from './session-role.js'

/** What a server says about itself. */
export interface NodeUp extends SessionRole {
  readonly kind: 'up'
  /** Names the cluster by its initialisation; empty when it may not be asked for. */
  readonly system: string
  /** Of a primary: how far it has written. Of a standby: how far it has replayed. */
  readonly position: WalPosition
}

/** What is known of a server since the last look at it. */
export type NodeStatus = NodeUp | { readonly kind: 'down'; readonly error: Error }

/**
 * On which timeline a standby is, at least. The receiver of WAL has to be on the newest that the standby follows, but
 * only pg_monitor sees it; the control file learns of a new one with the next restart point.
 */
const STANDBY_TIMELINE = '(SELECT received_tli FROM pg_stat_wal_receiver)'

/**
 * Where a primary writes. What has been acknowledged lies before the insert position, whatever synchronous_commit is;
 * the timeline is that of the WAL being written, because the control file lags behind there too.
 */
const question = (mayReadControlFile: boolean) => `
  SELECT pg_is_in_recovery(),
         current_setting('default_transaction_read_only'),
         CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,
         CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END,
         greatest(${STANDBY_TIMELINE}${mayReadControlFile ? ', (SELECT timeline_id FROM pg_control_checkpoint())' : ''}),
         ${mayReadControlFile ? '(SELECT system_identifier FROM pg_control_system())' : "''"}`

const MAY_READ = `
  SELECT has_function_privilege('pg_control_checkpoint()', 'EXECUTE')
     AND has_function_privilege('pg_control_system()', 'EXECUTE')`

/**
 * Asks a server for its role and its position. The permissions of a session are asked for once, with its first question.
 *
 * @throws the failure of the query, or that it took longer than `millis`
 */
export class StatusQuestion {
  #text: string | undefined

  async ask(connection: PgConnection, millis: number): Promise<NodeUp> {
    this.#text ??= question((await askPlainly(connection, MAY_READ, millis))[0]?.[0] === 't')
    const [row = []] = await askPlainly(connection, this.#text, millis)
    const [inRecovery, readOnly, lsn, written, followed, system] = row
    const standby = inRecovery === 't'
    const timeline = standby ? Number(followed ?? 0) : Number.parseInt(written ?? '0', 16)
    return {
      kind: 'up',
      standby,
      readOnly: readOnly === 'on',
      system: system ?? '',
      position: { timeline, lsn: lsn ? parseLsn(lsn) : 0n },
    }
  }
}

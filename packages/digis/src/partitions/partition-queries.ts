import type { Statement } from '../database/database.js'
import type { PartitionPolicy } from './partition-policy.js'

/** No row when there is no such table. */
export function keepPolicy({ table, ahead, retain, retire }: Required<PartitionPolicy>): Statement {
  return {
    text: `INSERT INTO partition_policies AS p (table_name, ahead, retain, retire)
           SELECT qualified_name(to_regclass($1)), $2, $3::interval, $4 WHERE to_regclass($1) IS NOT NULL
               ON CONFLICT (table_name) DO UPDATE
              SET ahead = excluded.ahead, retain = excluded.retain, retire = excluded.retire
           RETURNING table_name`,
    values: [table, ahead, retain, retire],
  }
}

export function ensureByPolicy({ table, ahead, retain, retire }: Required<PartitionPolicy>): Statement {
  return {
    text: `SELECT qualified_name(to_regclass($1)) AS table, action, partition
             FROM ensure_partitions(to_regclass($1), $2, $3::interval, now(), $4)`,
    values: [table, ahead, retain, retire],
  }
}

/** For every table with a policy. */
export function maintainAll(): Statement {
  return {
    text: 'SELECT table_name AS table, action, partition FROM maintain_partitions()',
    values: [],
    idempotent: true,
  }
}

export function selectHasCron(): Statement {
  return { text: "SELECT has_extension('pg_cron') AS has_cron", values: [], readOnly: true }
}

/** A job of that name is replaced. */
export function scheduleMaintenance(schedule: string): Statement {
  return {
    text: "SELECT cron.schedule('holdfast-partitions', $1, 'SELECT maintain_partitions()')",
    values: [schedule],
    idempotent: true,
  }
}

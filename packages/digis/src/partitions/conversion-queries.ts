import type { Statement } from '../database/database.js'

/** What is to be partitioned by what. */
export interface Target {
  /** With its schema, quoted where it has to be. */
  readonly table: string
  readonly column: string
}

/** What a name stands for. */
export interface TargetState {
  readonly table: string | null
  /** The column by which it is partitioned already. */
  readonly partitioned_by: string | null
}

export function selectTarget(name: string): Statement {
  return {
    text: `SELECT qualified_name(to_regclass($1)) AS table,
                  (SELECT a.attname FROM pg_partitioned_table AS p
                     JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
                    WHERE p.partrelid = to_regclass($1) AND p.partstrat = 'r' AND p.partnatts = 1) AS partitioned_by`,
    values: [name],
  }
}

/** Why it cannot be done. */
export interface Obstacle {
  readonly obstacle: string
  readonly remedy: string
}

export function selectObstacles({ table, column }: Target): Statement {
  return { text: 'SELECT * FROM partition_obstacles($1::regclass, $2)', values: [table, column] }
}

/** A key that lacks the column of the time, and the index that is to take its place. */
export interface KeyToWiden {
  /** Quoted where they have to be. */
  readonly wide_columns: string
  readonly wide_index: string
  /** The index with its schema, quoted where it has to be. */
  readonly wide_path: string
  readonly is_ready: boolean
}

export function selectKeysToWiden({ table, column }: Target): Statement {
  return {
    text: `SELECT wide_columns, wide_index, is_ready,
                  (SELECT format('%I.%I', n.nspname, wide_index) FROM pg_class AS c
                     JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = $1::regclass) AS wide_path
             FROM keys_to_widen($1::regclass, $2)`,
    values: [table, column],
  }
}

/** As text: it is put into a constraint. */
export function selectCutoff({ table, column }: Target): Statement {
  return {
    text: `SELECT to_char(partition_cutoff($1::regclass, $2) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"+00"') AS cutoff`,
    values: [table, column],
  }
}

/** What the swap did. */
export interface Swapped {
  readonly locked_millis: number
}

export function swap({ table, column }: Target, cutoff: string): Statement {
  return {
    text: `SELECT extract(epoch FROM swap_partitioned_table($1::regclass, $2, $3::timestamptz))::float8 * 1000
                  AS locked_millis`,
    values: [table, column, cutoff],
  }
}

/** A materialized view that reads only the old part of the table, and the one that is to take its place. */
export interface Successor {
  /** Both with their schemas, quoted where they have to be. */
  readonly view: string
  readonly successor: string
}

export function selectSuccessors(table: string): Statement {
  return { text: 'SELECT * FROM successors_of_views($1::regclass)', values: [table] }
}

export function replaceView({ view, successor }: Successor): Statement {
  return { text: 'SELECT replace_view($1::regclass, $2::regclass)', values: [view, successor] }
}

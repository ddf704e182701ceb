import type { CatalogFacts, ColumnFacts, FunctionFacts, RelationFacts } from '../../dist/sql/catalog-facts.js'

/** Oids of types as the server has them, and two enums. */
export const TYPE_OIDS = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  json: 114,
  float4: 700,
  varchar: 1043,
  date: 1082,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  mood: 20001,
  citext: 20002,
} as const

const ENUMS = new Set(['mood'])

/**
 * A relation in one line: `users id:int8 email:text`, or `audit.log …`. A column with `~` compares by a collation that
 * is not deterministic, one with `=` is generated.
 */
export function relation(oid: number, line: string, more: Partial<RelationFacts> = {}): RelationFacts {
  const [name = '', ...columns] = line.split(' ')
  return {
    oid,
    schema: name.includes('.') ? (name.split('.')[0] ?? '') : 'public',
    name: name.split('.').at(-1) ?? '',
    kind: 'r',
    persistence: 'p',
    rowSecurity: false,
    forceRowSecurity: false,
    policiesLookElsewhere: false,
    fileNode: oid,
    rules: false,
    reachesOut: false,
    selectable: true,
    definition: null,
    columns: columns.map((column, index) => columnFacts(column, index + 1)),
    ...more,
  }
}

function columnFacts(column: string, attnum: number): ColumnFacts {
  const [name = '', type = ''] = column.replace(/[~=]$/, '').split(':')
  const oid = (TYPE_OIDS as Record<string, number>)[type] ?? 0
  return [name, attnum, oid, !column.endsWith('~'), column.endsWith('=')]
}

function view(oid: number, line: string, definition: string): RelationFacts {
  return relation(oid, line, { kind: 'v', definition })
}

/** A function of a user's. */
export function ownFunction(name: string, volatility: FunctionFacts['volatility'], c = false): FunctionFacts {
  const mayWrite = volatility === 'v' || (volatility === 's' && !c)
  return { schema: 'public', name, volatility, mayWrite }
}

const BUILTINS =
  'count:i sum:i max:i lower:i upper:i length:s coalesce:i now:s random:v clock_timestamp:v age:s json_agg:s ' +
  'set_config:v current_setting:s query_to_xml:v ts_stat:v generate_series:s row_number:i nextval:v unnest:i ' +
  'timeofday:v array_length:i percentile_cont:i similar_to_escape:i like_escape:i btrim:i timezone:s extract:s to_char:s concat:s pg_sleep:v date_trunc:s md5:i pg_advisory_lock:v'

/** The facts of a database with nothing in it but what is given. */
export function facts(given: Partial<CatalogFacts> = {}, version = 180_000): CatalogFacts {
  return {
    server: {
      version,
      databaseOid: 5,
      databaseName: 'shop',
      systemIdentifier: '1',
      timeline: 1,
      searchPath: ['pg_catalog', 'public'],
      settings: { standard_conforming_strings: 'on' },
      trackCounts: true,
    },
    relations: [],
    systemRelations: ['pg_class', 'pg_stat_activity'],
    types: Object.entries(TYPE_OIDS).map(([name, oid]) => ({
      oid,
      name,
      schema: oid < 16384 ? 'pg_catalog' : 'public',
      kind: ENUMS.has(name) ? 'e' : 'b',
    })),
    inheritance: [],
    uniqueIndexes: [],
    foreignKeys: [],
    beforeTriggers: [],
    deferrableTriggers: false,
    functions: [],
    builtins: BUILTINS,
    operators: [],
    equalityTypes: [],
    casts: [],
    ...given,
  }
}

const SHOP_RELATIONS: readonly RelationFacts[] = [
  relation(
    1,
    'users id:int8 email:text supabase_id:uuid is_creator:bool mood:mood name:text price:numeric created_at:timestamptz',
  ),
  relation(2, 'sessions id:int8 creator_id:int8 fan_id:int8 day:date started_at:timestamptz note:text'),
  relation(3, 'payments id:int4 session_id:int8 amount:numeric key:text~ raw:bytea'),
  relation(4, 'creators id:int8 name:text', {
    kind: 'v',
    definition: 'SELECT u.id, u.name FROM users u WHERE u.is_creator',
  }),
  relation(5, 'secrets id:int8'),
  relation(6, 'measures id:int8 at:date', { kind: 'p', fileNode: 0 }),
  relation(7, 'measures_2024 id:int8 at:date'),
  relation(8, 'sleepy id:int8', {
    kind: 'v',
    definition: 'SELECT u.id FROM users u WHERE touch(u.id) > 0',
  }),
  relation(9, 'totals creator_id:int8 sum:numeric', { kind: 'm' }),
  relation(10, 'audit.log id:int8 user_id:int8'),
  relation(11, 'scratch id:int8', { persistence: 'u' }),
  relation(12, 'remote id:int8', { kind: 'f' }),
  relation(13, 'tenants id:int8', { rowSecurity: true }),
  relation(14, 'ruled id:int8 at:date', { rules: true }),
  relation(15, 'guarded id:int8 code:text'),
  relation(16, 'nested id:int8', { kind: 'v', definition: 'SELECT c.id FROM creators c' }),
  view(
    21,
    'counted id:int8 n:int8',
    'SELECT s.creator_id AS id, count(*) AS n FROM sessions s GROUP BY s.creator_id',
  ),
  view(22, 'firsts id:int8', 'SELECT u.id FROM users u ORDER BY u.name LIMIT 3'),
  view(23, 'either id:int8', 'SELECT u.id FROM users u UNION ALL SELECT s.id FROM sessions s'),
  view(
    24,
    'outside uid:int8 sid:int8',
    'SELECT u.id AS uid, s.id AS sid FROM users u LEFT JOIN sessions s ON s.creator_id = u.id',
  ),
  relation(17, 'old id:int8'),
  relation(18, 'inbox id:int8', { selectable: false }),
]

/** A shop with users, their sessions and payments, views, partitions, and things that cannot be cached. */
export function shop(version = 180_000): CatalogFacts {
  return facts(
    {
      relations: SHOP_RELATIONS,
      inheritance: [[7, 6]],
      uniqueIndexes: [
        { table: 1, columns: [1], partial: false },
        { table: 1, columns: [2], partial: false },
        { table: 1, columns: [3], partial: false },
        { table: 2, columns: [1], partial: false },
        { table: 3, columns: [1], partial: false },
        { table: 3, columns: [2, 4], partial: false },
        { table: 6, columns: [1, 2], partial: false },
        { table: 9, columns: [1], partial: false },
        { table: 10, columns: [1], partial: false },
        { table: 13, columns: [1], partial: false },
        { table: 14, columns: [1], partial: false },
        { table: 15, columns: [1], partial: false },
        { table: 17, columns: [1], partial: false },
        { table: 18, columns: [1], partial: false },
      ],
      foreignKeys: [
        { from: 2, to: 1, columns: [2], targetColumns: [1], onDelete: 'c', onUpdate: 'a' },
        { from: 2, to: 1, columns: [3], targetColumns: [1], onDelete: 'n', onUpdate: 'a' },
        { from: 3, to: 2, columns: [2], targetColumns: [1], onDelete: 'r', onUpdate: 'a' },
        { from: 5, to: 6, columns: [1], targetColumns: [1], onDelete: 'c', onUpdate: 'a' },
        { from: 10, to: 5, columns: [2], targetColumns: [1], onDelete: 'c', onUpdate: 'a' },
      ],
      beforeTriggers: [15],
      functions: [
        ownFunction('pure', 'i'),
        ownFunction('peek', 's'),
        ownFunction('peek_c', 's', true),
        ownFunction('touch', 'v'),
      ],
      operators: ['@@@'],
    },
    version,
  )
}

/** The tables of the shop that are cached. */
export const SHOP_TABLES = {
  tables: [
    'users',
    'sessions',
    'payments',
    'measures',
    'totals',
    'audit.log',
    'scratch',
    'remote',
    'tenants',
    'ruled',
    'guarded',
    'old',
    'inbox',
  ],
  keyed: { users: ['mood'], sessions: ['day'] },
} as const

import pg from 'pg'

const { builtins } = pg.types

/** Types whose values nobody can change, unless a parser of the application's own makes objects of them. */
export const SHARED_TYPES: ReadonlySet<number> = new Set([
  ...[builtins.BOOL, builtins.INT2, builtins.INT4, builtins.INT8, builtins.OID],
  ...[builtins.FLOAT4, builtins.FLOAT8, builtins.NUMERIC],
  ...[builtins.TEXT, builtins.VARCHAR, builtins.BPCHAR, builtins.UUID],
])

/** Types that pg's parsers make a `Date` of. */
export const DATE_TYPES: ReadonlySet<number> = new Set([
  builtins.DATE,
  builtins.TIMESTAMP,
  builtins.TIMESTAMPTZ,
])

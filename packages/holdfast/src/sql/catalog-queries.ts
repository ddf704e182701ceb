/** Settings that change the text of results, or what PostgreSQL's stable functions answer. */
const SETTINGS = [
  'TimeZone',
  'DateStyle',
  'IntervalStyle',
  'extra_float_digits',
  'bytea_output',
  'xmlbinary',
  'xmloption',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'default_text_search_config',
  'standard_conforming_strings',
  'search_path',
]

/** Schemas that users can make things in; `pg_` is reserved. */
const OWN_SCHEMA = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

/** PostgreSQL's own objects have smaller oids: `FirstNormalObjectId`. */
const FIRST_OWN_OID = 16384

/** The server and its settings, and whether {@link CONTROL_QUERY} is allowed. One row, one column of JSON text. */
export const SERVER_QUERY = `SELECT json_build_object(
  'version', current_setting('server_version_num')::int,
  'databaseOid', (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = current_database()),
  'databaseName', current_database(),
  'searchPath', array_to_json(current_schemas(true)),
  'settings', json_build_object(${SETTINGS.map(name => `'${name}', current_setting('${name}')`).join(', ')}),
  'trackCounts', current_setting('track_counts') = 'on',
  'mayAskControl', has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
    AND has_function_privilege('pg_catalog.pg_control_checkpoint()', 'EXECUTE')
)::text AS facts`

/** Which server this is, and which history of it. */
export const CONTROL_QUERY = `SELECT json_build_object(
  'systemIdentifier', system_identifier::text, 'timeline', timeline_id
)::text AS facts FROM pg_catalog.pg_control_system(), pg_catalog.pg_control_checkpoint()`

const COLUMNS = `(SELECT coalesce(json_agg(json_build_array(
    a.attname, a.attnum, a.atttypid::bigint, coalesce(l.collisdeterministic, true), a.attgenerated <> ''
  ) ORDER BY a.attnum), '[]')
  FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)`

const RELATIONS = `(SELECT coalesce(json_agg(json_build_object(
    'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
    'persistence', c.relpersistence, 'rowSecurity', c.relrowsecurity,
    'forceRowSecurity', c.relforcerowsecurity, 'fileNode', c.relfilenode::bigint,
    'policies', CASE WHEN c.relrowsecurity THEN (
      SELECT coalesce(json_agg(pg_catalog.pg_get_expr(o.polqual, o.polrelid) ORDER BY o.polname), '[]')
      FROM pg_catalog.pg_policy o
      WHERE o.polrelid = c.oid AND o.polcmd IN ('r', '*') AND o.polqual IS NOT NULL) END,
    'policiesLookElsewhere', c.relrowsecurity AND EXISTS (
      SELECT FROM pg_catalog.pg_policy o JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = o.oid
      WHERE o.polrelid = c.oid AND (d.refclassid = 'pg_catalog.pg_proc'::regclass
        OR d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> c.oid)),
    'reachesOut', c.relrowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_trigger t
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D')
      OR EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.refclassid = 'pg_catalog.pg_proc'::regclass AND (d.classid, d.objid) IN (
          SELECT 'pg_catalog.pg_attrdef'::regclass, f.oid FROM pg_catalog.pg_attrdef f WHERE f.adrelid = c.oid
          UNION ALL
          SELECT 'pg_catalog.pg_constraint'::regclass, k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid)),
    'selectable', has_table_privilege(c.oid, 'SELECT'),
    'rules', c.relhasrules AND EXISTS (
      SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1'),
    'definition', CASE WHEN c.relkind = 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END,
    'columns', ${COLUMNS})), '[]')
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${OWN_SCHEMA})`

const TYPES = `(SELECT coalesce(json_agg(json_build_object(
    'oid', t.oid::bigint, 'schema', n.nspname, 'name', t.typname, 'kind', t.typtype)), '[]')
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  WHERE (t.typtype = 'b' AND t.oid < ${FIRST_OWN_OID} AND t.typelem = 0) OR t.typtype = 'e')`

const UNIQUE_INDEXES = `(SELECT coalesce(json_agg(json_build_object(
    'table', i.indrelid::bigint, 'partial', i.indpred IS NOT NULL,
    'columns', array_to_json((i.indkey::int2[])[0:i.indnkeyatts - 1])) ORDER BY i.indexrelid), '[]')
  FROM pg_catalog.pg_index i
  WHERE i.indisunique AND i.indisvalid AND i.indrelid >= ${FIRST_OWN_OID})`

const FOREIGN_KEYS = `(SELECT coalesce(json_agg(json_build_object(
    'from', conrelid::bigint, 'to', confrelid::bigint, 'columns', array_to_json(conkey),
    'targetColumns', array_to_json(confkey), 'onDelete', confdeltype, 'onUpdate', confupdtype)
    ORDER BY oid), '[]')
  FROM pg_catalog.pg_constraint WHERE contype = 'f')`

/** Bits of `tgtype`: 1 is "for each row", 2 is "before". */
const BEFORE_TRIGGERS = `(SELECT coalesce(json_agg(DISTINCT tgrelid::bigint), '[]') FROM pg_catalog.pg_trigger
  WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 3 = 3)`

/** Relations and all that belongs to them, as of one instant. One row, one column of JSON text. */
export const RELATIONS_QUERY = `SELECT json_build_object(
  'relations', ${RELATIONS},
  'systemRelations', (SELECT json_agg(relname) FROM pg_catalog.pg_class
    WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')),
  'types', ${TYPES},
  'inheritance', (SELECT coalesce(json_agg(json_build_array(inhrelid::bigint, inhparent::bigint)), '[]')
    FROM pg_catalog.pg_inherits),
  'uniqueIndexes', ${UNIQUE_INDEXES},
  'foreignKeys', ${FOREIGN_KEYS},
  'beforeTriggers', ${BEFORE_TRIGGERS},
  'deferrableTriggers', EXISTS (SELECT FROM pg_catalog.pg_trigger
    WHERE tgdeferrable AND NOT tgisinternal AND tgenabled <> 'D')
)::text AS facts`

/** The worst volatility of a function and of the functions that an aggregate is made of: 0 immutable to 2 volatile. */
const RANK = (column: string) => `CASE ${column} WHEN 'v' THEN 2 WHEN 's' THEN 1 ELSE 0 END`

const BUILTINS = `(SELECT string_agg(proname || ':' || substr('isv', worst + 1, 1), ' ') FROM (
    SELECT proname, max(${RANK('provolatile')}) AS worst
    FROM pg_catalog.pg_proc WHERE oid < ${FIRST_OWN_OID} GROUP BY proname) names)`

/** Whether the text of a function says what it reads: a stable one in SQL whose names mean what they mean here. */
const FOLLOWABLE = `p.provolatile = 's' AND p.prosrc <> ''
  AND p.prolang = (SELECT oid FROM pg_catalog.pg_language WHERE lanname = 'sql')
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) setting
    WHERE setting LIKE 'search_path=%' AND setting <> 'search_path=""')`

/** Only policies make functions worth following. */
const BODIES = `CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_policy) AND bool_and(${FOLLOWABLE})
  THEN json_agg(DISTINCT p.prosrc) END`

const FUNCTIONS = `(SELECT coalesce(json_agg(json_build_object('schema', nspname, 'name', proname,
    'volatility', substr('isv', worst + 1, 1), 'mayWrite', may_write, 'bodies', bodies)), '[]') FROM (
    SELECT n.nspname, p.proname, max(part.rank) AS worst,
      bool_or(part.rank = 2 OR (part.rank = 1 AND NOT part.is_c)) AS may_write,
      ${BODIES} AS bodies
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    LEFT JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = p.oid
    CROSS JOIN LATERAL (
      SELECT ${RANK('f.provolatile')} AS rank, l.lanname IN ('c', 'internal') AS is_c
      FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_language l ON l.oid = f.prolang
      WHERE f.oid IN (p.oid, g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggmtransfn, g.aggminvtransfn,
        g.aggmfinalfn)) part
    WHERE p.oid >= ${FIRST_OWN_OID} AND p.prorettype <> 'pg_catalog.trigger'::regtype
    GROUP BY 1, 2) names)`

const OWN_OPERATORS = `pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
  WHERE o.oid >= ${FIRST_OWN_OID}`

/** Functions, operators and casts. One row, one column of JSON text. */
export const FUNCTIONS_QUERY = `SELECT json_build_object(
  'builtins', ${BUILTINS},
  'functions', ${FUNCTIONS},
  'operators', (SELECT coalesce(json_agg(DISTINCT o.oprname), '[]')
    FROM ${OWN_OPERATORS} AND p.provolatile <> 'i'),
  'equalityTypes', (SELECT coalesce(json_agg(DISTINCT side::bigint), '[]')
    FROM (SELECT unnest(ARRAY[o.oprleft, o.oprright]) AS side FROM ${OWN_OPERATORS} AND o.oprname = '=') sides),
  'casts', (SELECT coalesce(json_agg(json_build_array(t.typname, k.castcontext = 'i')), '[]')
    FROM pg_catalog.pg_cast k JOIN pg_catalog.pg_proc p ON p.oid = k.castfunc
    JOIN pg_catalog.pg_type t ON t.oid = k.casttarget
    WHERE k.oid >= ${FIRST_OWN_OID} AND p.provolatile <> 'i')
)::text AS facts`

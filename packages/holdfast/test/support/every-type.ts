/** Types that the values of {@link EVERY_TYPE} need. */
export const TYPES_SETUP = `
  CREATE TYPE mood AS ENUM ('sad', 'happy');
  CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE DOMAIN stamp AS timestamptz;
`

/** Expressions over PostgreSQL's built-in types and the kinds of types one can make, awkward values included. */
export const EVERY_TYPE: readonly string[] = [
  "'-32768'::int2, 7::int4, 9223372036854775807::int8, 0::int8, '-5'::int8",
  "1.5::float4, 'NaN'::float4, 'Infinity'::float8, '-Infinity'::float8, '-0'::float8, 1e300::float8",
  "'NaN'::numeric, 12.3400::numeric, -1::numeric(40,20), 'Infinity'::numeric, '-12.34'::money",
  "'a'::text, ''::text, 'ünïcödé 🐘'::text, 'x'::bpchar(5), 'v'::varchar(3), 'n'::name, 'c'::\"char\"",
  "''::bytea, '\\x00ff10'::bytea, decode(repeat('ab', 9000), 'hex')",
  "'2024-02-29 12:34:56.789123'::timestamp, '0044-03-15 BC'::timestamp, 'infinity'::timestamp",
  "'2024-02-29 12:34:56.789+05:30'::timestamptz, '-infinity'::timestamptz, '0099-01-01 00:00:00+00'::timestamptz",
  "'2024-02-29'::date, 'infinity'::date, '0001-01-01 BC'::date, '12:34:56.7'::time, '12:34:56+02'::timetz",
  "'1 year -2 mons 3 days 04:05:06.789'::interval, '0'::interval, '-00:00:01.5'::interval",
  "true, false, 'happy'::mood, '(1,2)'::point, '{1,2,3}'::line, '[(1,2),(3,4)]'::lseg, '((1,2),(3,4))'::box",
  "'((1,2),(3,4))'::path, '[(1,2),(3,4)]'::path, '((0,0),(1,1),(2,0))'::polygon, '<(1.5,2),3.25>'::circle",
  "'10.0.0.1/8'::inet, '::1'::inet, '10.0.0.0/8'::cidr, '08:00:2b:01:02:03'::macaddr, '08:00:2b:01:02:03:04:05'::macaddr8",
  "B'101'::bit(3), B'10'::varbit, 'a fat cat'::tsvector, 'fat & cat'::tsquery",
  "'123e4567-e89b-12d3-a456-426614174000'::uuid, '<a>1</a>'::xml, '$.a[*]'::jsonpath, '16/B374D848'::pg_lsn",
  `'{"a": [1, {"b": null}], "__proto__": {"x": 1}, "constructor": 2}'::json, '{}'::jsonb, '[]'::jsonb, 'null'::jsonb`,
  `'[{"a": {"b": {"c": [[[]]]}}}]'::jsonb, '"text"'::jsonb, '3'::json, 'true'::json, '[1, "two", null]'::json`,
  "to_jsonb(array(SELECT i FROM generate_series(1, 3000) AS i)), to_jsonb('x'::text)",
  "1::oid, 'pg_class'::regclass, 'int4'::regtype, 'now'::regproc, '(0,1)'::tid, '5'::xid, '6'::cid, '7'::xid8",
  'pg_current_snapshot() IS NULL, NULL::int, NULL::jsonb, NULL::timestamptz, NULL::bytea, NULL::int[], NULL',
  "'{1,NULL,3}'::int[], '{{1,2},{3,4}}'::int[], '{}'::int[], '[2:3]={7,8}'::int[], '{1,2}'::int2[], '{9007199254740993,NULL}'::int8[]",
  "'{NaN,1.5,NULL}'::float8[], '{1.5}'::float4[], '{1.10,NULL}'::numeric[], '{t,NULL,f}'::bool[], '{$1.00}'::money[]",
  `'{"a b","c,d","\\"",NULL,"NULL",""}'::text[], '{{a,b},{c,d}}'::text[], '{x}'::varchar[], '{x}'::bpchar[], '{x}'::name[]`,
  "array['2024-01-01'::timestamp, NULL], array['infinity'::timestamptz, '2024-01-01 00:00+00'], array['2024-01-01'::date]",
  "array['1 day'::interval, NULL], array['\\x01ff'::bytea, NULL], array['(1,2)'::point, NULL], array['{\"a\": 1}'::json, NULL]",
  `array['{"a": {"b": 1}}'::jsonb, '2'], array['10.0.0.1'::inet], array['10.0.0.0/8'::cidr], array['08:00:2b:01:02:03'::macaddr]`,
  "array['123e4567-e89b-12d3-a456-426614174000'::uuid], array['12:00'::time], array['12:00+01'::timetz], array[1::oid]",
  "ROW(1, 'x')::pair, array[ROW(1, 'x')::pair], ROW(1, NULL), 5::positive, '2024-01-01 00:00+00'::stamp, array['sad'::mood]",
  "'[1,5)'::int4range, 'empty'::int8range, '[1.5,)'::numrange, '[2024-01-01,2024-02-01)'::daterange",
  "'[2024-01-01 00:00,)'::tsrange, '[2024-01-01 00:00+00,)'::tstzrange, array['[1.5,2.5]'::numrange]",
  "'{[1,3),[5,7)}'::int4multirange, '{}'::nummultirange, '{[2024-01-01,2024-02-01)}'::datemultirange",
  '1 AS a, \'x\' AS b, NULL AS a, now() - now() AS "a", 2 AS "0", 3 AS "constructor", 4 AS "toString"',
  `'x' AS "__proto__", 1 AS b, '{"a": 1}'::jsonb AS "__proto__", 5 AS "'); throw 1 //", 6 AS "\u2028\`\${x}", 7 AS "\\"`,
]

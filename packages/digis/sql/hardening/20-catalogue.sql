-- What a schema consists of, in words that do not depend on its name: equal words, equal schemas. Without parentheses,
-- because PostgreSQL sets others when it reads back what it has printed.
CREATE OR REPLACE FUNCTION digis_hardening.describe(of_schema text)
  RETURNS TABLE (kind text, table_name text, name text, definition text)
  LANGUAGE sql STABLE
AS $$
  WITH here AS (SELECT oid, quote_ident(nspname) || '.' AS prefix FROM pg_namespace WHERE nspname = of_schema),
  relations AS (
    SELECT c.oid, c.relname::text AS relname, c.relkind, c.reloptions, here.prefix
      FROM pg_class AS c JOIN here ON here.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm')
  )
  SELECT CASE relkind WHEN 'm' THEN 'view' ELSE 'table' END, relname, relname,
         CASE relkind WHEN 'm' THEN translate(replace(pg_get_viewdef(oid), prefix, ''), '()', '') ELSE coalesce(reloptions::text, '') END
    FROM relations
  UNION ALL
  SELECT 'column', r.relname, a.attname::text,
         concat_ws(' ', format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || a.attcollation::regcollation::text END,
           CASE WHEN a.attnotnull THEN 'NOT NULL' END,
           CASE WHEN a.attidentity <> '' THEN 'IDENTITY ' || a.attidentity::text END,
           CASE WHEN a.attgenerated <> '' THEN 'GENERATED' END,
           'DEFAULT ' || replace(pg_get_expr(d.adbin, d.adrelid), r.prefix, ''))
    FROM relations AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  UNION ALL
  SELECT 'constraint', r.relname, c.conname::text,
         translate(replace(pg_get_constraintdef(c.oid), r.prefix, ''), '()', '')
    FROM relations AS r JOIN pg_constraint AS c ON c.conrelid = r.oid AND c.contype IN ('c', 'f', 'p', 'u', 'x')
  UNION ALL
  SELECT 'index', r.relname, x.relname::text,
         replace(pg_get_indexdef(i.indexrelid), r.prefix, '') || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
    FROM relations AS r JOIN pg_index AS i ON i.indrelid = r.oid JOIN pg_class AS x ON x.oid = i.indexrelid
  UNION ALL
  SELECT 'trigger', r.relname, t.tgname::text, translate(replace(pg_get_triggerdef(t.oid), r.prefix, ''), '()', '') || ' ' || t.tgenabled::text
    FROM relations AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
  UNION ALL
  SELECT 'function', '', p.oid::regprocedure::text, definition
    FROM here JOIN pg_proc AS p ON p.pronamespace = here.oid AND p.prokind = 'f',
         LATERAL (SELECT regexp_replace(replace(pg_get_functiondef(p.oid), prefix, ''),
           'SET search_path TO (?!'''')[^\n]+', 'SET search_path') AS definition) AS normal
   WHERE NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
$$;

-- As describe(), of the target, without what the live schema has exactly like it.
CREATE OR REPLACE FUNCTION digis_hardening.missing(of_kind text)
  RETURNS TABLE (table_name text, name text, definition text)
  LANGUAGE sql STABLE
AS $$
  SELECT t.table_name, t.name, t.definition
    FROM (SELECT kind, table_name, regexp_replace(name, '^digis_target\.', '') AS name, definition
            FROM digis_hardening.describe('digis_target')) AS t
    LEFT JOIN (SELECT kind, table_name, replace(name, quote_ident(digis_hardening.live()) || '.', '') AS name, definition
                 FROM digis_hardening.describe(digis_hardening.live())) AS l USING (kind, table_name, name, definition)
   WHERE t.kind = of_kind AND l.kind IS NULL
   ORDER BY t.table_name, t.name
$$;

-- One line that is equal for equal schemas.
CREATE OR REPLACE FUNCTION digis_hardening.fingerprint(of_schema text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT md5(string_agg(concat_ws('|', kind, table_name, replace(name, quote_ident(of_schema) || '.', ''), definition),
                        E'\n' ORDER BY kind, table_name, replace(name, quote_ident(of_schema) || '.', ''), definition))
    FROM digis_hardening.describe(of_schema)
$$;

-- Columns of both schemas side by side.
CREATE OR REPLACE FUNCTION digis_hardening.columns()
  RETURNS TABLE (table_name text, name text, target_type text, live_type text, target_not_null boolean,
                 live_not_null boolean, target_default text, live_default text, target_identity text, live_identity text)
  LANGUAGE sql STABLE
AS $$
  WITH described AS (
    SELECT n.nspname AS schema, c.relname::text AS table_name, a.attname::text AS name,
           format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null, a.attidentity::text AS identity,
           pg_get_expr(d.adbin, d.adrelid) AS value
      FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
      JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE n.nspname IN ('digis_target', (SELECT live FROM digis_hardening.run))
  )
  SELECT t.table_name, t.name, t.type, l.type, t.not_null, l.not_null, t.value, l.value, t.identity, l.identity
    FROM described AS t
    LEFT JOIN described AS l ON l.schema <> 'digis_target' AND l.table_name = t.table_name AND l.name = t.name
   WHERE t.schema = 'digis_target'
   ORDER BY t.table_name, t.name
$$;

-- What is left to do, as statements to be run one by one in the order of the names of these functions, each outside of
-- a transaction. They look at the catalogue alone: what a killed run has done is not planned again.

CREATE OR REPLACE FUNCTION digis_hardening.plan_01_tables() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT format('CREATE TABLE %I.%I (LIKE digis_target.%2$I INCLUDING ALL EXCLUDING INDEXES)', digis_hardening.live(), name)
    FROM digis_hardening.missing('table') WHERE digis_hardening.live_table(name) IS NULL
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_02_functions() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.for_live(pg_get_functiondef(('digis_target.' || name)::regprocedure)) FROM digis_hardening.missing('function')
$$;

-- A column that must not be empty gets its NOT NULL at once only where it has a default to begin with.
CREATE OR REPLACE FUNCTION digis_hardening.plan_03_columns() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[table_name], format('ALTER TABLE %I.%I %s', digis_hardening.live(), table_name, string_agg(
           format('ADD COLUMN %I %s%s', name, target_type,
             CASE WHEN target_default IS NOT NULL
                  THEN ' DEFAULT ' || digis_hardening.for_live(target_default) || CASE WHEN target_not_null THEN ' NOT NULL' ELSE '' END
                  ELSE '' END), ', ')))
    FROM digis_hardening.columns() WHERE live_type IS NULL GROUP BY table_name
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_04_widen() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[table_name], format('ALTER TABLE %I.%I ALTER COLUMN %I TYPE %s', digis_hardening.live(), table_name, name, target_type))
    FROM digis_hardening.columns() WHERE digis_hardening.is_widening(live_type, target_type)
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_10_new_columns() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT 'SELECT digis_hardening.refuse_unknown_conversions()' WHERE EXISTS (SELECT FROM digis_hardening.conversions() WHERE value IS NULL)
  UNION ALL
  SELECT DISTINCT digis_hardening.applying(ARRAY[c.table_name], format('SELECT digis_hardening.add_new_columns(%L)', c.table_name))
    FROM digis_hardening.conversions() AS c
   WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = digis_hardening.live_table(c.table_name) AND tgname = 'zzz_convert_' || c.table_name)
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_11_fill() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT DISTINCT format('CALL digis_hardening.fill_new_columns(%L)', table_name) FROM digis_hardening.conversions() $$;

-- Whether a new column is never empty, so that it can take over with its NOT NULL.
CREATE OR REPLACE FUNCTION digis_hardening.plan_12_filled() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  -- Materialized: a look into a table is for those columns alone that are left.
  WITH candidates AS MATERIALIZED (
    SELECT table_name, name FROM digis_hardening.conversions() JOIN digis_hardening.columns() AS c USING (table_name, name)
     WHERE c.target_not_null AND NOT digis_hardening.has_constraint(table_name, 'nn_' || name)
  )
  SELECT digis_hardening.applying(ARRAY[table_name], format('ALTER TABLE %I.%I %s', digis_hardening.live(), table_name,
           string_agg(format('ADD CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID', 'nn_' || name, name || '__new'), ', ')))
    FROM candidates
   WHERE NOT digis_hardening.has(table_name, format('t.%I IS NULL', name || '__new'))
   GROUP BY table_name
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_13_filled_valid() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT format('CALL digis_hardening.validate(%L, %L)', c.table_name, k.conname)
    FROM digis_hardening.conversions() AS c JOIN pg_constraint AS k ON k.conrelid = digis_hardening.live_table(c.table_name)
     AND k.conname = 'nn_' || c.name AND NOT k.convalidated
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_14_broken_indexes() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT digis_hardening.drop_broken_indexes() $$;

-- Indexes that a killed build has left: they cost every write and serve nobody, and IF NOT EXISTS would skip them.
CREATE OR REPLACE FUNCTION digis_hardening.drop_broken_indexes() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT format('DROP INDEX CONCURRENTLY %I.%I', digis_hardening.live(), x.relname)
    FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
   WHERE NOT i.indisvalid AND t.oid = digis_hardening.live_table(t.relname)
     AND EXISTS (SELECT FROM pg_class AS o WHERE o.relnamespace = 'digis_target'::regnamespace
                    AND o.relname = regexp_replace(x.relname, '__new$', ''))
     AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)
$$;

-- A unique one only where it can be built: duplicates are dealt with after the columns have changed.
CREATE OR REPLACE FUNCTION digis_hardening.plan_15_indexes_on_new_columns() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  WITH candidates AS MATERIALIZED (
    SELECT i.*, digis_hardening.on_new_columns(i.name, i.table_name, i.definition) AS statement
      FROM digis_hardening.converted_indexes() AS i
     WHERE NOT EXISTS (SELECT FROM pg_class AS x WHERE x.relname = i.name || '__new'
                          AND x.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = digis_hardening.live_table(i.table_name)))
  )
  SELECT statement FROM candidates WHERE NOT (is_unique AND digis_hardening.repeats(table_name, columns))
$$;

CREATE OR REPLACE FUNCTION digis_hardening.repeats(of_table text, columns text) RETURNS boolean
  LANGUAGE plpgsql STABLE
AS $$
DECLARE
  answer boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I GROUP BY %s HAVING count(*) > 1)', digis_hardening.live(), of_table, columns) INTO answer;
  RETURN answer;
END
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_16_swap() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT DISTINCT digis_hardening.applying(
           ARRAY(SELECT digis_hardening.related(c.table_name)), format('SELECT digis_hardening.swap(%L)', c.table_name))
    FROM digis_hardening.conversions() AS c
$$;

-- A table and those that foreign keys tie to it.
CREATE OR REPLACE FUNCTION digis_hardening.related(of_table text) RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT of_table
  UNION
  SELECT c.relname::text FROM pg_constraint AS f JOIN pg_class AS c ON c.oid IN (f.conrelid, f.confrelid)
   WHERE f.contype = 'f' AND digis_hardening.live_table(of_table) IN (f.conrelid, f.confrelid)
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_20_defaults() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[table_name], format('ALTER TABLE %I.%I ALTER COLUMN %I %s', digis_hardening.live(), table_name, name,
           CASE WHEN target_default IS NULL THEN 'DROP DEFAULT' ELSE 'SET DEFAULT ' || digis_hardening.for_live(target_default) END))
    FROM digis_hardening.columns()
   WHERE live_type IS NOT NULL AND target_identity = '' AND live_identity = ''
     AND digis_hardening.for_live(target_default) IS DISTINCT FROM live_default
  UNION ALL
  SELECT digis_hardening.applying(ARRAY[table_name], format('SELECT digis_hardening.number_rows(%1$L::regclass, %2$L, digis_hardening.last_number(%1$L::regclass, %2$L))',
           format('%I.%I', digis_hardening.live(), table_name), name))
    FROM digis_hardening.columns() WHERE target_identity <> '' AND live_not_null AND live_identity = ''
  UNION ALL
  SELECT digis_hardening.applying(ARRAY[table_name], format('ALTER TABLE %I.%I ALTER COLUMN %I SET GENERATED ALWAYS', digis_hardening.live(), table_name, name))
    FROM digis_hardening.columns() WHERE target_identity = 'a' AND live_identity = 'd'
  UNION ALL
  SELECT digis_hardening.applying(ARRAY[name], format('ALTER TABLE %I.%I SET (%s)', digis_hardening.live(), name, btrim(definition, '{}')))
    FROM digis_hardening.missing('table') WHERE definition <> ''
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_21_triggers() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[m.table_name], regexp_replace(digis_hardening.for_live(pg_get_triggerdef(t.oid)), '^CREATE', 'CREATE OR REPLACE'))
    FROM digis_hardening.missing('trigger') AS m
    JOIN pg_trigger AS t ON t.tgrelid = ('digis_target.' || quote_ident(m.table_name))::regclass AND t.tgname = m.name
$$;

-- The same constraint or index under another name gets ours; one of our name that says something else has to go.
CREATE OR REPLACE FUNCTION digis_hardening.plan_22_names() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[m.table_name], format('ALTER TABLE %I.%I RENAME CONSTRAINT %I TO %I', digis_hardening.live(), m.table_name, min(l.name), m.name))
    FROM digis_hardening.missing('constraint') AS m
    JOIN digis_hardening.extra('constraint') AS l ON l.table_name = m.table_name AND l.definition = m.definition
   WHERE NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = digis_hardening.live_table(m.table_name) AND c.conname = m.name)
   GROUP BY m.table_name, m.name
  UNION ALL
  SELECT digis_hardening.applying(ARRAY[m.table_name], format('ALTER INDEX %I.%I RENAME TO %I', digis_hardening.live(), min(l.name), m.name))
    FROM digis_hardening.missing('index') AS m
    JOIN digis_hardening.extra('index') AS l ON l.table_name = m.table_name AND replace(l.definition, ' ' || quote_ident(l.name) || ' ON ', ' ' || quote_ident(m.name) || ' ON ') = m.definition
   WHERE NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conname IN (l.name, m.name) AND c.contype IN ('p', 'u')
                        AND c.conrelid = digis_hardening.live_table(m.table_name))
     AND NOT EXISTS (SELECT FROM digis_hardening.describe(digis_hardening.live()) AS d WHERE d.kind = 'index' AND d.name = m.name)
     AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = ('digis_target.' || quote_ident(m.table_name))::regclass AND c.conname = m.name AND c.contype IN ('p', 'u'))
   GROUP BY m.table_name, m.name
$$;

-- As missing(), of the live schema against the target.
CREATE OR REPLACE FUNCTION digis_hardening.extra(of_kind text)
  RETURNS TABLE (table_name text, name text, definition text)
  LANGUAGE sql STABLE
AS $$
  SELECT l.table_name, l.name, l.definition
    FROM digis_hardening.describe(digis_hardening.live()) AS l
    LEFT JOIN digis_hardening.describe('digis_target') AS t USING (kind, table_name, name)
   WHERE l.kind = of_kind AND t.kind IS NULL
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_23_wrong_definitions() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY(SELECT digis_hardening.related(m.table_name)),
           format('ALTER TABLE %I.%I DROP CONSTRAINT %I', digis_hardening.live(), m.table_name, m.name))
    FROM digis_hardening.missing('constraint') AS m
    JOIN digis_hardening.describe(digis_hardening.live()) AS l ON l.kind = 'constraint' AND l.table_name = m.table_name AND l.name = m.name
   WHERE l.definition <> m.definition || ' NOT VALID'
  UNION ALL
  SELECT digis_hardening.drop_broken_indexes()
  UNION ALL
  SELECT format('DROP INDEX CONCURRENTLY %I.%I', digis_hardening.live(), m.name)
    FROM digis_hardening.missing('index') AS m
    JOIN digis_hardening.describe(digis_hardening.live()) AS l ON l.kind = 'index' AND l.table_name = m.table_name AND l.name = m.name
   WHERE l.definition <> m.definition || ' INVALID'
     AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = digis_hardening.live_table(m.table_name) AND c.conname = m.name)
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_30_examine() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT 'CALL digis_hardening.examine()' WHERE EXISTS (SELECT FROM digis_hardening.rules()) $$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_31_repair() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT digis_hardening.repairing() $$;

-- Parents before children: a session that is moved takes its payments along.
CREATE OR REPLACE FUNCTION digis_hardening.repairing() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT format('CALL digis_hardening.repair(%L)', table_name) FROM digis_quarantine.findings WHERE open
   GROUP BY table_name ORDER BY array_position(ARRAY['users', 'sessions', 'payments'], table_name) NULLS LAST, table_name
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_32_checks() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[m.table_name], digis_hardening.add_constraint(m.table_name, m.name))
    FROM digis_hardening.missing('constraint') AS m WHERE m.definition LIKE 'CHECK %' AND NOT digis_hardening.has_constraint(m.table_name, m.name)
  UNION ALL
  SELECT digis_hardening.applying(ARRAY[table_name], format('ALTER TABLE %I.%I ADD CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID', digis_hardening.live(), table_name, 'nn_' || name, name))
    FROM digis_hardening.columns()
   WHERE target_not_null AND NOT live_not_null AND NOT digis_hardening.has_constraint(table_name, 'nn_' || name)
$$;

CREATE OR REPLACE FUNCTION digis_hardening.has_constraint(of_table text, of_name text) RETURNS boolean
  LANGUAGE sql STABLE
AS $$ SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = digis_hardening.live_table(of_table) AND conname = of_name) $$;

CREATE OR REPLACE FUNCTION digis_hardening.add_constraint(of_table text, of_name text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s NOT VALID', digis_hardening.live(), of_table, of_name, digis_hardening.for_live(pg_get_constraintdef(oid)))
    FROM pg_constraint WHERE conrelid = ('digis_target.' || quote_ident(of_table))::regclass AND conname = of_name
$$;

-- Keys need columns that are never empty; to prove that here spares a look at the whole table under a lock.
CREATE OR REPLACE FUNCTION digis_hardening.plan_33_validate() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT digis_hardening.plan_42_validate() $$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_34_not_null() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT digis_hardening.plan_43_not_null() $$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_36_indexes() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  WITH candidates AS MATERIALIZED (
    SELECT m.table_name, i.indisunique,
           regexp_replace(digis_hardening.for_live(pg_get_indexdef(x.oid)), ' INDEX ', ' INDEX CONCURRENTLY ') AS statement,
           (SELECT r.condition FROM digis_hardening.rules() AS r WHERE r.table_name = m.table_name AND r.rule = m.name) AS repeats
      FROM digis_hardening.missing('index') AS m
      JOIN pg_class AS x ON x.relnamespace = 'digis_target'::regnamespace AND x.relname = m.name
      JOIN pg_index AS i ON i.indexrelid = x.oid
     WHERE digis_hardening.live_table(m.table_name) IS NOT NULL AND NOT digis_hardening.has_constraint(m.table_name, m.name)
       AND NOT EXISTS (SELECT FROM digis_hardening.describe(digis_hardening.live()) AS l WHERE l.kind = 'index' AND l.name = m.name)
  )
  -- What still repeats cannot be unique; it is reported at the end.
  SELECT statement FROM candidates WHERE NOT (indisunique AND repeats IS NOT NULL AND digis_hardening.has(table_name, repeats))
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_37_keys() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[m.table_name], format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s USING INDEX %3$I',
           digis_hardening.live(), m.table_name, m.name, substring(m.definition FROM '^(PRIMARY KEY|UNIQUE)')))
    FROM digis_hardening.missing('constraint') AS m
   WHERE m.definition ~ '^(PRIMARY KEY|UNIQUE)' AND NOT digis_hardening.has_constraint(m.table_name, m.name)
     AND EXISTS (SELECT FROM digis_hardening.describe(digis_hardening.live()) AS l
                  WHERE l.kind = 'index' AND l.name = m.name AND l.definition NOT LIKE '% INVALID')
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_38_foreign_keys() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[m.table_name, p.relname::text], digis_hardening.add_constraint(m.table_name, m.name))
    FROM digis_hardening.missing('constraint') AS m
    JOIN pg_constraint AS f ON f.conrelid = ('digis_target.' || quote_ident(m.table_name))::regclass AND f.conname = m.name AND f.contype = 'f'
    JOIN pg_class AS p ON p.oid = f.confrelid
   WHERE NOT digis_hardening.has_constraint(m.table_name, m.name)
$$;

-- What came in between the first look and the constraint.
CREATE OR REPLACE FUNCTION digis_hardening.plan_40_examine() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT digis_hardening.plan_30_examine() $$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_41_repair() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT digis_hardening.repairing() $$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_42_validate() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT format('CALL digis_hardening.validate(%L, %L)', t.relname, c.conname)
    FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid AND t.oid = digis_hardening.live_table(t.relname)
   WHERE NOT c.convalidated AND (c.conname LIKE 'nn\_%' OR EXISTS (
           SELECT FROM pg_constraint AS o WHERE o.conname = c.conname AND o.conrelid = to_regclass('digis_target.' || quote_ident(t.relname))))
   ORDER BY 1
$$;

-- PostgreSQL takes the valid check as proof and does not read the table under its lock; two statements, because one
-- would drop the proof first.
CREATE OR REPLACE FUNCTION digis_hardening.plan_43_not_null() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY[c.table_name], format('ALTER TABLE %1$I.%2$I ALTER COLUMN %3$I SET NOT NULL; ALTER TABLE %1$I.%2$I DROP CONSTRAINT %4$I', digis_hardening.live(), c.table_name, c.name, k.conname))
    FROM digis_hardening.columns() AS c
    JOIN pg_constraint AS k ON k.conrelid = digis_hardening.live_table(c.table_name) AND k.conname = 'nn_' || c.name AND k.convalidated
   WHERE c.target_not_null
$$;

-- An identity needs a column that is never empty.
CREATE OR REPLACE FUNCTION digis_hardening.plan_44_defaults() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$ SELECT digis_hardening.plan_20_defaults() $$;

-- Foreign keys of the old schema on the same columns, such as those that deleted payments with their session.
CREATE OR REPLACE FUNCTION digis_hardening.plan_45_superseded() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.applying(ARRAY(SELECT digis_hardening.related(e.table_name)),
           format('ALTER TABLE %I.%I DROP CONSTRAINT %I', digis_hardening.live(), e.table_name, e.name))
    FROM digis_hardening.extra('constraint') AS e
    JOIN pg_constraint AS f ON f.conrelid = digis_hardening.live_table(e.table_name) AND f.conname = e.name AND f.contype = 'f'
   WHERE EXISTS (SELECT FROM pg_constraint AS ours
                   JOIN pg_constraint AS t ON t.conname = ours.conname AND t.conrelid = to_regclass('digis_target.' || quote_ident(e.table_name))
                  WHERE ours.conrelid = f.conrelid AND ours.contype = 'f' AND ours.conkey = f.conkey AND ours.convalidated)
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_50_views() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT format('CREATE MATERIALIZED VIEW %I.%I AS %s', digis_hardening.live(), m.name, digis_hardening.for_live(pg_get_viewdef(('digis_target.' || quote_ident(m.name))::regclass)))
    FROM digis_hardening.missing('view') AS m
$$;

CREATE OR REPLACE FUNCTION digis_hardening.plan_51_indexes_of_views() RETURNS SETOF text
  LANGUAGE sql STABLE
AS $$
  SELECT digis_hardening.for_live(pg_get_indexdef(('digis_target.' || quote_ident(m.name))::regclass))
    FROM digis_hardening.missing('index') AS m
   WHERE digis_hardening.live_table(m.table_name) IS NULL
$$;

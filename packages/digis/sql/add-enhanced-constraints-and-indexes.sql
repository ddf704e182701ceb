-- Brings an existing DIGIS database to the schema of the migrations 0001 to 0029, under load and with the rows it has:
--
--   psql -X -f add-enhanced-constraints-and-indexes.sql "$DATABASE_URL"
--   psql -X -v quarantine=on -v timezone=UTC -f add-enhanced-constraints-and-indexes.sql "$DATABASE_URL"
--
-- It may be ended at any moment and started again. It reports rows that break a rule, and stops with exit code 3 while
-- there are any; with quarantine=on it mends or moves them, and keeps each as it was in digis_quarantine.rows. Needs a
-- direct connection (no transaction pooler), the tables' owner, and CREATE on the database. How it works:
-- docs/guides/hardening-an-existing-database.md.
--
-- Made by `node scripts/check-docs.mjs --write` from migrations/ and sql/hardening/: change those.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?quarantine} \else
  \set quarantine off
\endif
\if :{?timezone} \else
  \set timezone UTC
\endif
SET client_min_messages = warning;
SET check_function_bodies = off;
-- Compiling the many short plans would take longer than running them.
SET jit = off;
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SELECT current_schema() AS live \gset
SET search_path = pg_catalog;


-- 10-workplace.sql
-- Where the hardening works, and what it leaves behind. digis_hardening is gone when all is done; digis_quarantine
-- stays, because it holds what was found and every row as it was before it was changed or moved.

CREATE SCHEMA IF NOT EXISTS digis_hardening;
CREATE SCHEMA IF NOT EXISTS digis_quarantine;

-- This run: the schema that is hardened, what may be done to its rows, and the zone of times that say none.
CREATE TABLE IF NOT EXISTS digis_hardening.run (live text NOT NULL, quarantine boolean NOT NULL, zone text NOT NULL);

-- How far a batched pass over a table has come; survives a kill.
CREATE TABLE IF NOT EXISTS digis_hardening.progress (
  table_name text PRIMARY KEY,
  last_key bigint,
  done boolean NOT NULL DEFAULT false
);

-- What breaks a rule, as last found; `open` until nothing does.
CREATE TABLE IF NOT EXISTS digis_quarantine.findings (
  table_name text NOT NULL,
  rule text NOT NULL,
  offending_rows bigint NOT NULL,
  samples text[] NOT NULL,
  open boolean NOT NULL DEFAULT true,
  found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (table_name, rule)
);

-- Rows as they were: `moved` ones are no longer in their table, `changed` ones are, with an allowed value.
CREATE TABLE IF NOT EXISTS digis_quarantine.rows (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  table_name text NOT NULL,
  action text NOT NULL CHECK (action IN ('moved', 'changed')),
  reason text NOT NULL,
  original jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE OR REPLACE FUNCTION digis_hardening.live() RETURNS text
  LANGUAGE sql STABLE
AS $$ SELECT live FROM digis_hardening.run $$;

-- The table of that name in the schema that is hardened; NULL where there is none.
CREATE OR REPLACE FUNCTION digis_hardening.live_table(name text) RETURNS oid
  LANGUAGE sql STABLE
AS $$
  SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE n.nspname = digis_hardening.live() AND c.relname = name AND c.relkind IN ('r', 'p')
$$;

-- A definition of the target, made one of the live schema.
CREATE OR REPLACE FUNCTION digis_hardening.for_live(definition text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT replace(replace(definition, 'digis_target.', quote_ident(live) || '.'),
                 'TO ''digis_target''', 'TO ' || quote_literal(live))
    FROM digis_hardening.run
$$;

-- A database that later migrations have been applied to has what these say, or something newer in its place.
CREATE OR REPLACE FUNCTION digis_hardening.refuse_newer() RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  newest integer;
BEGIN
  IF to_regclass('holdfast.digis_migrations') IS NOT NULL THEN
    EXECUTE 'SELECT max(number) FROM holdfast.digis_migrations' INTO newest;
  END IF;
  IF newest > 29 THEN
    RAISE EXCEPTION 'Migration % has been applied to this database: it is newer than this file. Nothing was done here.', newest
      USING HINT = 'Bring it up to date with addMissingColumns().';
  END IF;
END
$$;

-- Begins a run. The lock ends with the session: two runs at once would undo each other's work.
CREATE OR REPLACE FUNCTION digis_hardening.start(live text, quarantine boolean, zone text) RETURNS void
  LANGUAGE plpgsql
AS $$
BEGIN
  IF NOT pg_try_advisory_lock(hashtextextended('digis.hardening', 0)) THEN
    RAISE EXCEPTION 'Another hardening of this database is running. Nothing was done here.'
      USING ERRCODE = 'lock_not_available', HINT = 'Wait until it has ended; what a killed psql began goes on until the server notices.';
  END IF;
  IF live IS NULL THEN
    RAISE EXCEPTION 'There is no schema to harden: the search_path names none that exists.';
  END IF;
  PERFORM now() AT TIME ZONE zone, digis_hardening.refuse_newer();
  DELETE FROM digis_hardening.run;
  INSERT INTO digis_hardening.run VALUES (live, quarantine, zone);
END
$$;


-- 20-catalogue.sql
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


-- 30-apply.sql
-- Runs a statement that needs a strong lock on tables, so that nobody else waits for long. First the lock that only
-- other maintenance minds: an autovacuum in the way gives up for it after a second, and only then does the statement
-- ask for its own, for at most 300 ms a lock, which is too short for PostgreSQL to end another session's transaction
-- as a deadlock. What it cannot get it tries again later; everybody who queued up meanwhile goes first.
CREATE OR REPLACE PROCEDURE digis_hardening.apply(tables text[], statement text)
  LANGUAGE plpgsql
AS $$
DECLARE
  failures integer := 0;
  done boolean;
BEGIN
  LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '10s', true);
      PERFORM digis_hardening.keep_maintenance_off(tables);
      PERFORM set_config('lock_timeout', '300ms', true);
      EXECUTE statement;
      done := true;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      done := false;
    END;
    COMMIT;
    EXIT WHEN done;
    failures := failures + 1;
    IF failures >= 200 THEN
      RAISE EXCEPTION 'Gave up after % attempts, each of which met a lock held by another session, on: %.', failures, tables
        USING ERRCODE = 'lock_not_available', HINT = 'Look for long transactions in pg_stat_activity, and start again: it goes on here.';
    END IF;
    PERFORM pg_sleep(least(3.2, 0.1 * 2 ^ least(failures, 6)) * (0.5 + random() / 2));
    COMMIT;
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION digis_hardening.keep_maintenance_off(tables text[]) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT DISTINCT unnest(tables) ORDER BY 1 LOOP
    IF digis_hardening.live_table(name) IS NOT NULL THEN
      EXECUTE format('LOCK TABLE %I.%I IN SHARE UPDATE EXCLUSIVE MODE', digis_hardening.live(), name);
    END IF;
  END LOOP;
END
$$;

-- The call of apply() as text, for a plan.
CREATE OR REPLACE FUNCTION digis_hardening.applying(tables text[], statement text) RETURNS text
  LANGUAGE sql IMMUTABLE
AS $$ SELECT format('CALL digis_hardening.apply(%L, %L)', tables, statement) $$;

-- Whether a live table has a row of which that is true.
CREATE OR REPLACE FUNCTION digis_hardening.has(table_name text, condition text) RETURNS boolean
  LANGUAGE plpgsql STABLE
AS $$
DECLARE
  answer boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I AS t WHERE %s)', digis_hardening.live(), table_name, condition) INTO answer;
  RETURN answer;
END
$$;

-- Checks a constraint against the rows that were there before it. Readers and writers go on.
CREATE OR REPLACE PROCEDURE digis_hardening.validate(table_name text, constraint_name text)
  LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %I.%I VALIDATE CONSTRAINT %I', digis_hardening.live(), table_name, constraint_name);
EXCEPTION WHEN check_violation OR foreign_key_violation THEN
  RAISE INFO '% of % stays unvalidated: there are rows that break it.', constraint_name, table_name;
END
$$;


-- 40-convert.sql
-- Changing the type of a column without rewriting its table under a lock: a second column beside it, kept by a trigger
-- and filled in batches; indexes on it, built beside the load; then the two change names in a moment.

-- The columns that have to change their type, with the value the new one gets (NULL where there is no way), and the
-- condition under which that is not all that the old value said; such a row is kept in the quarantine.
CREATE OR REPLACE FUNCTION digis_hardening.conversions()
  RETURNS TABLE (table_name text, name text, live_type text, target_type text, value text, loses text)
  LANGUAGE sql STABLE
AS $$
  SELECT c.table_name, c.name, c.live_type, c.target_type,
         CASE
           WHEN c.target_type = 'bigint' AND c.live_type IN ('smallint', 'integer') THEN '%1$s::bigint'
           -- What is no uuid still names somebody: the same text always becomes the same uuid.
           WHEN c.target_type = 'uuid' AND c.live_type ~ '^(text|character)' THEN
             'CASE WHEN btrim(%1$s) ~* ''^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'' THEN btrim(%1$s)::uuid ELSE md5(%1$s)::uuid END'
           WHEN c.target_type = 'timestamp with time zone' AND c.live_type ~ '^timestamp.* without time zone$' THEN
             format('%%1$s AT TIME ZONE %L', r.zone)
           WHEN c.target_type = 'timestamp with time zone' AND c.live_type = 'date' THEN
             format('%%1$s::timestamp AT TIME ZONE %L', r.zone)
           -- Beyond the range stays empty, and is reported as such.
           WHEN c.target_type LIKE 'numeric(%' AND c.live_type ~ '^(smallint|integer|bigint|real|double precision|numeric)' THEN
             format('CASE WHEN abs(%%1$s::numeric) < 99999999 THEN %%1$s::numeric::%s END', c.target_type)
         END,
         CASE
           WHEN c.target_type = 'uuid' THEN 'lower(btrim(NEW.%1$I)) IS DISTINCT FROM NEW.%2$I::text AND NEW.%1$I IS NOT NULL'
           WHEN c.target_type LIKE 'numeric(%' THEN 'NEW.%1$I::numeric IS DISTINCT FROM NEW.%2$I'
         END
    FROM digis_hardening.columns() AS c, digis_hardening.run AS r
   WHERE c.live_type <> c.target_type AND NOT digis_hardening.is_widening(c.live_type, c.target_type)
$$;

-- A change of type that PostgreSQL makes in its catalogue alone.
CREATE OR REPLACE FUNCTION digis_hardening.is_widening(live_type text, target_type text) RETURNS boolean
  LANGUAGE sql IMMUTABLE
AS $$ SELECT target_type = 'text' AND live_type LIKE 'character varying%' $$;

-- The new columns of a table and the trigger that keeps them, in one step.
CREATE OR REPLACE FUNCTION digis_hardening.add_new_columns(of_table text) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  live text := quote_ident(digis_hardening.live());
  columns text;
  assignments text;
  losing text;
  added text[];
BEGIN
  SELECT string_agg(format('ADD COLUMN IF NOT EXISTS %I %s', name || '__new', target_type), ', '),
         string_agg(format('NEW.%I := %s;', name || '__new', format(value, format('NEW.%I', name))), E'\n  '),
         string_agg(format(loses, name, name || '__new'), ' OR '), array_agg(name || '__new')
    INTO columns, assignments, losing, added
    FROM digis_hardening.conversions() WHERE table_name = of_table;
  EXECUTE format('ALTER TABLE %s.%I %s', live, of_table, columns);
  -- Filling is no change of the row: its time stays as it is, whatever another trigger has made of it before.
  EXECUTE format('CREATE OR REPLACE FUNCTION %s.%I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS %L',
    live, 'zzz_convert_' || of_table, concat_ws(E'\n  ', 'BEGIN',
      CASE WHEN EXISTS (SELECT FROM digis_hardening.columns() AS c
                         WHERE c.table_name = of_table AND c.name = 'updated_at' AND c.live_type IS NOT NULL)
           THEN 'IF TG_OP = ''UPDATE'' AND current_setting(''digis_hardening.filling'', true) = ''on'' THEN NEW.updated_at := OLD.updated_at; END IF;'
      END, assignments,
      CASE WHEN losing IS NOT NULL
           THEN format('IF %s THEN INSERT INTO digis_quarantine.rows (table_name, action, reason, original) VALUES (TG_TABLE_NAME, ''changed'', ''type of a column'', to_jsonb(NEW) - %L::text[]); END IF;', losing, added)
      END,
      E'RETURN NEW;\nEND'));
  EXECUTE format('CREATE OR REPLACE TRIGGER %2$I BEFORE INSERT OR UPDATE ON %1$s.%3$I FOR EACH ROW EXECUTE FUNCTION %1$s.%2$I()',
    live, 'zzz_convert_' || of_table, of_table);
END
$$;

-- Fills the new columns, 5,000 ids at a time, each batch in a transaction of its own; goes on where it was ended.
CREATE OR REPLACE PROCEDURE digis_hardening.fill_new_columns(of_table text)
  LANGUAGE plpgsql
AS $$
DECLARE
  last bigint;
  bound bigint;
  first_column text;
BEGIN
  SELECT name INTO first_column FROM digis_hardening.conversions() WHERE table_name = of_table LIMIT 1;
  INSERT INTO digis_hardening.progress (table_name) VALUES (of_table) ON CONFLICT DO NOTHING;
  COMMIT;
  LOOP
    SELECT last_key INTO last FROM digis_hardening.progress WHERE table_name = of_table AND NOT done;
    EXIT WHEN NOT FOUND;
    EXECUTE format('SELECT max(id) FROM (SELECT id FROM %I.%I WHERE id > $1 ORDER BY id LIMIT 5000) AS batch',
                   digis_hardening.live(), of_table) INTO bound USING coalesce(last, -9223372036854775808);
    IF bound IS NULL THEN
      UPDATE digis_hardening.progress SET done = true WHERE table_name = of_table;
    ELSE
      CALL digis_hardening.fill_batch(of_table, first_column, coalesce(last, -9223372036854775808), bound);
    END IF;
    COMMIT;
  END LOOP;
END
$$;

-- Rows that somebody else holds are waited for, but never for so long that it could become a deadlock of theirs.
CREATE OR REPLACE PROCEDURE digis_hardening.fill_batch(of_table text, any_column text, first bigint, bound bigint)
  LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('lock_timeout', '300ms', true), set_config('digis_hardening.filling', 'on', true);
  EXECUTE format('UPDATE %I.%I SET %I = NULL WHERE id > $1 AND id <= $2', digis_hardening.live(), of_table, any_column || '__new')
    USING first, bound;
  UPDATE digis_hardening.progress SET last_key = bound WHERE table_name = of_table;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
  PERFORM pg_sleep(0.1 + random() / 10);
END
$$;

-- An index definition of the target on the new columns of its live table, under a name of its own.
CREATE OR REPLACE FUNCTION digis_hardening.on_new_columns(index_name text, of_table text, definition text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT regexp_replace(split_part(definition, ' USING ', 1), ' INDEX .*$', format(' INDEX CONCURRENTLY %I ON %I.%I', index_name || '__new', digis_hardening.live(), of_table))
    || ' USING ' || regexp_replace(split_part(definition, ' USING ', 2),
      '\m(' || (SELECT string_agg(name, '|') FROM digis_hardening.conversions() AS c WHERE c.table_name = of_table) || ')\M', '\1__new', 'g')
$$;

-- The target's indexes that stand on a column to be converted.
CREATE OR REPLACE FUNCTION digis_hardening.converted_indexes()
  RETURNS TABLE (table_name text, name text, definition text, columns text, is_unique boolean)
  LANGUAGE sql STABLE
AS $$
  SELECT t.relname::text, x.relname::text, pg_get_indexdef(i.indexrelid),
         (SELECT string_agg(CASE WHEN c.value IS NULL THEN quote_ident(a.attname) ELSE quote_ident(a.attname || '__new') END, ', ')
            FROM pg_attribute AS a LEFT JOIN digis_hardening.conversions() AS c ON c.table_name = t.relname AND c.name = a.attname
           WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)),
         i.indisunique
    FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
   WHERE t.relnamespace = 'digis_target'::regnamespace AND t.relkind = 'r'
     AND EXISTS (SELECT FROM digis_hardening.conversions() AS c JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = c.name
                  WHERE c.table_name = t.relname
                    AND (a.attnum = ANY (i.indkey) OR pg_get_expr(i.indpred, i.indrelid) ~ ('\m' || c.name || '\M')))
$$;

-- Where there is no way from the old type to the new one, nothing else is begun.
CREATE OR REPLACE FUNCTION digis_hardening.refuse_unknown_conversions() RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  it record;
BEGIN
  SELECT * INTO it FROM digis_hardening.conversions() WHERE value IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'Column % of % is of type %, and there is no safe way from there to %.', it.name, it.table_name, it.live_type, it.target_type
      USING HINT = 'Change its type by hand, and start again.';
  END IF;
END
$$;


-- 45-swap.sql
-- Puts the new columns of a table in the place of the old ones: a change of the catalogue alone, in one transaction.
CREATE OR REPLACE FUNCTION digis_hardening.swap(of_table text) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  relation regclass := digis_hardening.live_table(of_table)::regclass;
  target regclass := ('digis_target.' || quote_ident(of_table))::regclass;
  references_again text[];
  statement text;
BEGIN
  -- Before the lock, so that nobody waits for this look at the catalogue.
  CREATE TEMPORARY TABLE converting ON COMMIT DROP AS
    SELECT c.*, NULL::bigint AS last_number
      FROM digis_hardening.columns() AS c JOIN digis_hardening.conversions() USING (table_name, name)
     WHERE table_name = of_table;
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation);
  UPDATE pg_temp.converting SET last_number = digis_hardening.last_number(relation, name);
  references_again := digis_hardening.take_references_off(relation, ARRAY(SELECT name FROM pg_temp.converting));
  PERFORM digis_hardening.take_triggers_off(relation, target);
  PERFORM digis_hardening.keep_definitions(relation, target);
  PERFORM digis_hardening.change_names(relation);
  PERFORM digis_hardening.take_over_indexes(relation, target);
  PERFORM digis_hardening.number_rows(relation, name, last_number) FROM pg_temp.converting WHERE target_identity <> '';
  FOREACH statement IN ARRAY references_again LOOP
    EXECUTE statement;
  END LOOP;
  DELETE FROM digis_hardening.progress WHERE table_name = of_table;
END
$$;

-- The last number that the sequence behind a column gave out; NULL where there is none.
CREATE OR REPLACE FUNCTION digis_hardening.last_number(relation regclass, column_name text) RETURNS bigint
  LANGUAGE plpgsql
AS $$
DECLARE
  sequence text := pg_get_serial_sequence(relation::text, column_name);
  number bigint;
BEGIN
  IF sequence IS NOT NULL THEN
    EXECUTE format('SELECT last_value FROM %s', sequence) INTO number;
  END IF;
  RETURN number;
END
$$;

-- Drops the foreign keys from and to columns of a table, and returns what puts them back: not validated, but in force.
CREATE OR REPLACE FUNCTION digis_hardening.take_references_off(relation regclass, columns text[]) RETURNS text[]
  LANGUAGE plpgsql
AS $$
DECLARE
  saved record;
  statements text[] := '{}';
BEGIN
  FOR saved IN
    SELECT DISTINCT f.conrelid::regclass AS child, f.conname, pg_get_constraintdef(f.oid) AS definition
      FROM pg_constraint AS f
      JOIN pg_attribute AS a ON a.attname = ANY (columns)
       AND ((a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)) OR (a.attrelid = f.confrelid AND a.attnum = ANY (f.confkey)))
     WHERE f.contype = 'f' AND f.conparentid = 0 AND a.attrelid = relation
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', saved.child, saved.conname);
    statements := statements || format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', saved.child, saved.conname,
                                       regexp_replace(saved.definition, ' NOT VALID$', ''));
  END LOOP;
  RETURN statements;
END
$$;

-- Triggers of the target name columns, which could not go then; a later step creates them again.
CREATE OR REPLACE FUNCTION digis_hardening.take_triggers_off(relation regclass, target regclass) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT t.tgname FROM pg_trigger AS t
     WHERE t.tgrelid = relation AND NOT t.tgisinternal
       AND (t.tgname LIKE 'zzz\_convert\_%' OR EXISTS (SELECT FROM pg_trigger AS o WHERE o.tgrelid = target AND o.tgname = t.tgname))
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', name, relation);
    IF name LIKE 'zzz\_convert\_%' THEN
      EXECUTE format('DROP FUNCTION %I.%I()', digis_hardening.live(), name);
    END IF;
  END LOOP;
END
$$;

-- Indexes and checks that somebody else has made on the old columns go with them: their definitions are kept and told,
-- so that whoever needs them can make them again.
CREATE OR REPLACE FUNCTION digis_hardening.keep_definitions(relation regclass, target regclass) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  it record;
BEGIN
  FOR it IN
    SELECT x.relname AS name, pg_get_indexdef(x.oid) AS definition
      FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
     WHERE i.indrelid = relation AND x.relname NOT LIKE '%\_\_new'
       AND EXISTS (SELECT FROM pg_attribute AS a JOIN pg_temp.converting AS c ON c.name = a.attname
                    WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey))
       AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = x.oid)
    UNION ALL
    SELECT k.conname, pg_get_constraintdef(k.oid)
      FROM pg_constraint AS k
     WHERE k.conrelid = relation AND k.contype IN ('c', 'x') AND k.conname NOT LIKE 'nn\_%'
       AND EXISTS (SELECT FROM pg_attribute AS a JOIN pg_temp.converting AS c ON c.name = a.attname
                    WHERE a.attrelid = relation AND a.attnum = ANY (k.conkey))
  LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = target AND k.conname = it.name)
      OR EXISTS (SELECT FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = target AND x.relname = it.name);
    RAISE INFO '% goes with an old column of %; it was: %', it.name, relation, it.definition;
    INSERT INTO digis_quarantine.rows (table_name, action, reason, original)
      SELECT relname, 'moved', 'definition on an old column', jsonb_build_object('name', it.name, 'definition', it.definition)
        FROM pg_class WHERE oid = relation;
  END LOOP;
END
$$;

-- The old columns go, the new ones get their names, defaults and NOT NULL, which a valid check has proven before.
CREATE OR REPLACE FUNCTION digis_hardening.change_names(relation regclass) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  it record;
BEGIN
  FOR it IN SELECT name, target_default FROM pg_temp.converting LOOP
    EXECUTE format('ALTER TABLE %s DROP COLUMN %I', relation, it.name);
    EXECUTE format('ALTER TABLE %s RENAME COLUMN %I TO %I', relation, it.name || '__new', it.name);
    IF it.target_default IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', relation, it.name, digis_hardening.for_live(it.target_default));
    END IF;
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = relation AND conname = 'nn_' || it.name AND convalidated) THEN
      -- In one statement the proof would be dropped first, and the whole table read under the lock.
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', relation, it.name);
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, 'nn_' || it.name);
    END IF;
  END LOOP;
END
$$;

-- Indexes that were built on the new columns get the names of the target's; keys become constraints.
CREATE OR REPLACE FUNCTION digis_hardening.take_over_indexes(relation regclass, target regclass) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  it record;
BEGIN
  FOR it IN
    SELECT x.relname AS name, c.contype
      FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
      JOIN pg_index AS l ON l.indrelid = relation AND l.indisvalid
      JOIN pg_class AS y ON y.oid = l.indexrelid AND y.relname = x.relname || '__new'
      LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
     WHERE i.indrelid = target
  LOOP
    IF it.contype IS NULL THEN
      EXECUTE format('ALTER INDEX %I.%I RENAME TO %I', digis_hardening.live(), it.name || '__new', it.name);
    ELSE
      EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX %I', relation, it.name,
        CASE it.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, it.name || '__new');
    END IF;
  END LOOP;
END
$$;

-- Makes a column an identity whose numbers go on after all that were given out.
CREATE OR REPLACE FUNCTION digis_hardening.number_rows(relation regclass, column_name text, last_number bigint) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  largest bigint;
  sequence text := pg_get_serial_sequence(relation::text, column_name);
BEGIN
  EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', relation, column_name);
  IF sequence IS NOT NULL THEN
    EXECUTE format('DROP SEQUENCE %s', sequence);
  END IF;
  EXECUTE format('ALTER TABLE %s ALTER COLUMN %I ADD GENERATED ALWAYS AS IDENTITY', relation, column_name);
  EXECUTE format('SELECT max(%I) FROM %s', column_name, relation) INTO largest;
  PERFORM setval(pg_get_serial_sequence(relation::text, column_name), greatest(largest, last_number, 1),
                 coalesce(largest, last_number) IS NOT NULL);
END
$$;


-- 50-findings.sql
-- The rules of the target that the live schema does not enforce for all rows yet, each with the condition under which a
-- row `t` breaks it. Written on the types that the live table has, for a look before anything is changed.
CREATE OR REPLACE FUNCTION digis_hardening.rules()
  RETURNS TABLE (table_name text, rule text, condition text)
  LANGUAGE sql STABLE
AS $$
  SELECT m.table_name, m.name, digis_hardening.for_live(CASE c.contype
           WHEN 'c' THEN format('NOT coalesce((%s), true)', pg_get_expr(c.conbin, c.conrelid))
           WHEN 'f' THEN format('t.%1$I IS NOT NULL AND NOT EXISTS (SELECT FROM %2$s AS parent WHERE parent.%3$I = t.%1$I)',
                                child.attname, c.confrelid::regclass, parent.attname)
           ELSE digis_hardening.repeated(m.table_name, quote_ident(child.attname))
         END)
    FROM digis_hardening.missing('constraint') AS m
    JOIN pg_constraint AS c ON c.conrelid = ('digis_target.' || quote_ident(m.table_name))::regclass AND c.conname = m.name
    LEFT JOIN pg_attribute AS child ON child.attrelid = c.conrelid AND child.attnum = c.conkey[1]
    LEFT JOIN pg_attribute AS parent ON parent.attrelid = c.confrelid AND parent.attnum = c.confkey[1]
   WHERE c.contype IN ('c', 'f') OR cardinality(c.conkey) = 1
  UNION ALL
  SELECT c.table_name, 'nn_' || c.name, format('t.%I IS NULL', c.name)
    FROM digis_hardening.columns() AS c
   WHERE c.target_not_null AND NOT coalesce(c.live_not_null, true)
  UNION ALL
  SELECT 'users', 'uq_users_username', digis_hardening.for_live(digis_hardening.repeated('users', 'lower(username)'))
   WHERE EXISTS (SELECT FROM digis_hardening.missing('index') AS m WHERE m.name = 'uq_users_username')
$$;

-- True of every row `t` that has the same value as another one, except for the oldest: that one keeps it.
CREATE OR REPLACE FUNCTION digis_hardening.repeated(of_table text, value text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT format('t.ctid IN (SELECT ctid FROM (SELECT ctid, row_number() OVER (PARTITION BY %s ORDER BY %I, ctid) AS nth FROM digis_target.%I WHERE %1$s IS NOT NULL) AS numbered WHERE nth > 1)',
                value, digis_hardening.key_of(of_table), of_table)
$$;

-- What an offending value is changed to, where a row may stay; without one the row is moved, with what refers to it.
-- Money is never changed: such a payment or account is moved as it is.
CREATE OR REPLACE FUNCTION digis_hardening.repairs()
  RETURNS TABLE (table_name text, rule text, column_name text, value text)
  LANGUAGE sql STABLE
AS $$
  VALUES
    ('users', 'chk_users_bio', 'bio', 'left(t.bio, 5000)'),
    ('users', 'chk_users_profile_pic_url', 'profile_pic_url', ''''''),
    ('users', 'chk_users_price_per_min', 'price_per_min', '1.00'),
    ('users', 'chk_users_display_name', 'display_name', 'nullif(btrim(left(btrim(t.display_name), 100)), '''')'),
    ('users', 'chk_users_username', 'username', 'NULL'),
    ('users', 'uq_users_username', 'username', 'NULL'),
    ('users', 'uq_users_supabase_id', 'supabase_id', 'md5(''duplicate of '' || t.supabase_id || '' '' || t.id)::uuid'),
    ('users', 'nn_supabase_id', 'supabase_id', 'md5(''nobody '' || t.id)::uuid'),
    ('users', 'nn_bio_search', 'bio_search', '''''::tsvector'),
    ('sessions', 'chk_sessions_type', 'type', 'CASE WHEN lower(btrim(t.type)) IN (''video'', ''voice'', ''text'') THEN lower(btrim(t.type)) WHEN t.type ~* ''voice|audio|phone'' THEN ''voice'' WHEN t.type ~* ''chat|text|message'' THEN ''text'' ELSE ''video'' END'),
    ('sessions', 'chk_sessions_end_time', 'end_time', 't.start_time'),
    ('payments', 'chk_payments_status', 'status', 'CASE WHEN t.status ~* ''^\s*(completed?|paid|succe(ss|eded)|done|ok)\s*$'' THEN ''completed'' WHEN t.status ~* ''^\s*(pending|open|processing|created)\s*$'' THEN ''pending'' WHEN t.status ~* ''^\s*(failed|failure|error|declined|cancell?ed)\s*$'' THEN ''failed'' WHEN t.status ~* ''^\s*refund(ed)?\s*$'' THEN ''refunded'' ELSE t.status END'),
    ('payments', 'nn_creator_id', 'creator_id', '(SELECT s.creator_id FROM digis_target.sessions AS s WHERE s.id = t.session_id)'),
    ('payments', 'nn_fan_id', 'fan_id', '(SELECT s.fan_id FROM digis_target.sessions AS s WHERE s.id = t.session_id)')
  UNION ALL
  SELECT c.table_name, 'nn_' || c.name, c.name, c.target_default
    FROM digis_hardening.columns() AS c WHERE c.target_not_null AND c.target_default IS NOT NULL
$$;

-- Looks for rows that break a rule, and keeps how many and which.
CREATE OR REPLACE PROCEDURE digis_hardening.examine()
  LANGUAGE plpgsql
AS $$
DECLARE
  it record;
  found bigint;
  samples text[];
BEGIN
  UPDATE digis_quarantine.findings SET open = false WHERE open;
  FOR it IN SELECT r.*, digis_hardening.key_of(r.table_name) AS key FROM digis_hardening.rules() AS r ORDER BY 1, 2 LOOP
    EXECUTE format('SELECT count(*), (array_agg(key::text ORDER BY key))[1:5] FROM (SELECT t.%I AS key FROM %I.%I AS t WHERE %s) AS offending',
                   it.key, digis_hardening.live(), it.table_name, it.condition) INTO found, samples;
    IF found > 0 THEN
      RAISE INFO '% rows of % break %; keys: %', found, it.table_name, it.rule, array_to_string(samples, ', ');
      INSERT INTO digis_quarantine.findings (table_name, rule, offending_rows, samples) VALUES (it.table_name, it.rule, found, samples)
        ON CONFLICT (table_name, rule) DO UPDATE
        SET offending_rows = EXCLUDED.offending_rows, samples = EXCLUDED.samples, open = true, found_at = EXCLUDED.found_at;
    END IF;
    COMMIT;
  END LOOP;
END
$$;

-- The column by which rows of a table are named: the first of its primary key.
CREATE OR REPLACE FUNCTION digis_hardening.key_of(of_table text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT a.attname::text FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
   WHERE c.conrelid = ('digis_target.' || quote_ident(of_table))::regclass AND c.contype = 'p'
$$;


-- 55-repair.sql
-- Deals with the offending rows of a table, 1,000 in a transaction. Without quarantine it only fills what is empty with
-- what the schema says it is; with it, every row is kept in digis_quarantine.rows before it is changed or moved.
CREATE OR REPLACE PROCEDURE digis_hardening.repair(of_table text)
  LANGUAGE plpgsql
AS $$
DECLARE
  quarantine boolean := (SELECT r.quarantine FROM digis_hardening.run AS r);
  every text;
  beyond_repair text;
BEGIN
  SELECT string_agg(condition, ' OR '), string_agg(condition, ' OR ') FILTER (WHERE NOT digis_hardening.has_repair(table_name, rule))
    INTO every, beyond_repair
    FROM digis_hardening.rules() JOIN digis_quarantine.findings USING (table_name, rule) WHERE table_name = of_table AND open;
  IF quarantine AND beyond_repair IS NOT NULL THEN
    CALL digis_hardening.move_all(of_table, beyond_repair);
  END IF;
  CALL digis_hardening.fix_all(of_table, quarantine);
  IF quarantine AND every IS NOT NULL THEN
    CALL digis_hardening.move_all(of_table, every);
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION digis_hardening.has_repair(of_table text, of_rule text) RETURNS boolean
  LANGUAGE sql STABLE
AS $$ SELECT EXISTS (SELECT FROM digis_hardening.repairs() AS r WHERE r.table_name = of_table AND r.rule = of_rule) $$;

-- The assignments that mend a table, the condition under which a row needs them, and that under which it loses a value.
CREATE OR REPLACE FUNCTION digis_hardening.fixes(of_table text, quarantine boolean, OUT assignments text, OUT condition text, OUT losing text)
  LANGUAGE sql STABLE
AS $$
  WITH fix AS (
    SELECT r.column_name, u.rule, u.condition, digis_hardening.for_live(r.value) AS value, c.live_type, r.rule LIKE 'nn\_%' AS fills
      FROM digis_hardening.rules() AS u JOIN digis_hardening.repairs() AS r USING (table_name, rule)
      JOIN digis_quarantine.findings USING (table_name, rule)
      JOIN digis_hardening.columns() AS c ON c.table_name = u.table_name AND c.name = r.column_name
     WHERE u.table_name = of_table AND open
  ), allowed AS (SELECT * FROM fix WHERE quarantine OR fills),
  by_column AS (
    SELECT format('%I = CASE %s ELSE t.%I END', column_name,
                  string_agg(format('WHEN %s THEN (%s)::%s', condition, value, live_type), ' ' ORDER BY fills DESC, rule), column_name) AS assignment
      FROM allowed GROUP BY column_name
  )
  SELECT (SELECT string_agg(assignment, ', ') FROM by_column), (SELECT string_agg(a.condition, ' OR ') FROM allowed AS a),
         (SELECT string_agg(a.condition, ' OR ') FROM allowed AS a WHERE NOT fills)
$$;

CREATE OR REPLACE PROCEDURE digis_hardening.fix_all(of_table text, quarantine boolean)
  LANGUAGE plpgsql
AS $$
DECLARE
  fix record;
  last bigint := -9223372036854775808;
  keys bigint[];
BEGIN
  SELECT * INTO fix FROM digis_hardening.fixes(of_table, quarantine);
  IF fix.condition IS NULL THEN
    RETURN;
  END IF;
  LOOP
    keys := digis_hardening.next_offending(of_table, fix.condition, last);
    EXIT WHEN keys IS NULL;
    IF digis_hardening.fix_batch(of_table, keys, fix) THEN
      last := keys[cardinality(keys)];
    ELSE
      PERFORM pg_sleep(0.1 + random() / 10);
    END IF;
    COMMIT;
  END LOOP;
END
$$;

-- Up to 1,000 keys of rows that meet the condition, behind `last`; NULL where there are none.
CREATE OR REPLACE FUNCTION digis_hardening.next_offending(of_table text, condition text, last bigint) RETURNS bigint[]
  LANGUAGE plpgsql
AS $$
DECLARE
  keys bigint[];
BEGIN
  EXECUTE format('SELECT array_agg(key ORDER BY key) FROM (SELECT t.%1$I AS key FROM %2$I.%3$I AS t WHERE t.%1$I > $1 AND (%4$s) ORDER BY 1 LIMIT 1000) AS batch',
                 digis_hardening.key_of(of_table), digis_hardening.live(), of_table, condition) INTO keys USING last;
  RETURN keys;
END
$$;

-- False when somebody holds one of the rows: nothing was done. Where one of them breaks yet another rule, each is tried
-- alone; that one stays as it is, and is moved later.
CREATE OR REPLACE FUNCTION digis_hardening.fix_batch(of_table text, keys bigint[], fix record) RETURNS boolean
  LANGUAGE plpgsql
AS $$
DECLARE
  place text := format('%I.%I', digis_hardening.live(), of_table);
  key text := digis_hardening.key_of(of_table);
BEGIN
  PERFORM set_config('lock_timeout', '300ms', true);
  EXECUTE format('SELECT FROM %s AS t WHERE t.%I = ANY ($1) ORDER BY t.%I FOR NO KEY UPDATE', place, key, key) USING keys;
  IF fix.losing IS NOT NULL THEN
    EXECUTE format('INSERT INTO digis_quarantine.rows (table_name, action, reason, original) SELECT %L, ''changed'', %s, to_jsonb(t) FROM %s AS t WHERE t.%I = ANY ($1) AND (%s)',
                   of_table, digis_hardening.reason_of(of_table), place, key, fix.losing) USING keys;
  END IF;
  EXECUTE format('UPDATE %s AS t SET %s WHERE t.%I = ANY ($1) AND (%s)', place, fix.assignments, key, fix.condition) USING keys;
  RETURN true;
EXCEPTION
  WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;
  WHEN check_violation OR foreign_key_violation OR not_null_violation OR unique_violation THEN
    RETURN cardinality(keys) = 1 OR (SELECT bool_and(digis_hardening.fix_batch(of_table, ARRAY[one], fix)) FROM unnest(keys) AS one);
END
$$;

-- An expression that names the rules that a row `t` of a table breaks.
CREATE OR REPLACE FUNCTION digis_hardening.reason_of(of_table text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT format('concat_ws('', '', %s)', string_agg(format('CASE WHEN %s THEN %L END', condition, rule), ', ' ORDER BY rule))
    FROM digis_hardening.rules() JOIN digis_quarantine.findings USING (table_name, rule) WHERE table_name = of_table AND open
$$;

-- Moves the rows that meet the condition, and what refers to them, into the quarantine.
CREATE OR REPLACE PROCEDURE digis_hardening.move_all(of_table text, condition text)
  LANGUAGE plpgsql
AS $$
DECLARE
  last bigint := -9223372036854775808;
  keys bigint[];
BEGIN
  LOOP
    keys := digis_hardening.next_offending(of_table, condition, last);
    EXIT WHEN keys IS NULL;
    IF digis_hardening.move_batch(of_table, keys, condition) THEN
      last := keys[cardinality(keys)];
    ELSE
      PERFORM pg_sleep(0.1 + random() / 10);
    END IF;
    COMMIT;
  END LOOP;
END
$$;

-- False when somebody holds one of the rows: nothing was done.
CREATE OR REPLACE FUNCTION digis_hardening.move_batch(of_table text, keys bigint[], condition text) RETURNS boolean
  LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('lock_timeout', '300ms', true);
  PERFORM digis_hardening.move(of_table, keys, condition, digis_hardening.reason_of(of_table));
  RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
  RETURN false;
END
$$;

-- Children first: nothing is left that refers to nothing. `reason` is an expression on a row `t`.
CREATE OR REPLACE FUNCTION digis_hardening.move(of_table text, keys bigint[], condition text, reason text) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  place text := format('%I.%I', digis_hardening.live(), of_table);
  key text := digis_hardening.key_of(of_table);
  child record;
  offending bigint[];
  children bigint[];
BEGIN
  EXECUTE format('SELECT array_agg(key) FROM (SELECT t.%1$I AS key FROM %2$s AS t WHERE t.%1$I = ANY ($1) AND (%3$s) ORDER BY 1 FOR UPDATE) AS locked', key, place, condition)
    INTO offending USING keys;
  IF offending IS NULL THEN
    RETURN;
  END IF;
  FOR child IN SELECT c.relname::text AS name, a.attname AS reference, digis_hardening.key_of(c.relname) AS key
                 FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.conrelid
                 JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
                WHERE f.contype = 'f' AND f.confrelid = ('digis_target.' || quote_ident(of_table))::regclass LOOP
    EXECUTE format('SELECT array_agg(t.%I) FROM %I.%I AS t WHERE t.%I = ANY ($1)', child.key, digis_hardening.live(), child.name, child.reference)
      INTO children USING offending;
    IF children IS NOT NULL THEN
      PERFORM digis_hardening.move(child.name, children, 'true', quote_literal('refers to a row of ' || of_table || ' that was moved'));
    END IF;
  END LOOP;
  EXECUTE format('INSERT INTO digis_quarantine.rows (table_name, action, reason, original) SELECT %L, ''moved'', %s, to_jsonb(t) FROM %s AS t WHERE t.%I = ANY ($1)',
                 of_table, reason, place, key) USING offending;
  EXECUTE format('DELETE FROM %s AS t WHERE t.%I = ANY ($1)', place, key) USING offending;
END
$$;


-- 60-plan.sql
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


-- 70-finish.sql
-- Says what was found and what is missing; NULL when the schema is complete.
CREATE OR REPLACE FUNCTION digis_hardening.shortfall() RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT string_agg(format('%s %s%s', kind, CASE WHEN table_name IN ('', name) THEN '' ELSE table_name || '.' END, name), ', ' ORDER BY kind, table_name, name)
    FROM unnest(ARRAY['table', 'column', 'constraint', 'index', 'trigger', 'function', 'view']) AS kind, digis_hardening.missing(kind)
$$;

-- Ends a run: reports, and where the schema is complete removes the workplace.
CREATE OR REPLACE FUNCTION digis_hardening.finish() RETURNS text
  LANGUAGE plpgsql
AS $$
DECLARE
  it record;
  shortfall text := digis_hardening.shortfall();
  fingerprint text;
BEGIN
  FOR it IN SELECT table_name, action, count(*) AS number FROM digis_quarantine.rows GROUP BY 1, 2 ORDER BY 1, 2 LOOP
    RAISE INFO 'digis_quarantine.rows holds % rows of % as they were before they were %.', it.number, it.table_name, it.action;
  END LOOP;
  IF shortfall IS NOT NULL THEN
    RAISE EXCEPTION 'The schema is not complete yet: %.', shortfall
      USING HINT = 'Mend the rows in digis_quarantine.findings that are open, or let them be mended with quarantine on, and start again: it goes on here.';
  END IF;
  UPDATE digis_quarantine.findings SET open = false WHERE open;
  fingerprint := digis_hardening.fingerprint(digis_hardening.live());
  DROP SCHEMA digis_target CASCADE;
  DROP SCHEMA digis_hardening CASCADE;
  RETURN fingerprint;
END
$$;

SELECT digis_hardening.start(:'live', :'quarantine', :'timezone') \g /dev/null

-- The schema as it is to be, in a place of its own.

DROP SCHEMA IF EXISTS digis_target CASCADE;
CREATE SCHEMA digis_target;
SET search_path = digis_target;


-- 0001_users.sql
-- Users, fans and creators alike. Everything else refers to users.id: supabase_id is unique, and never the
-- target of a foreign key, so that it can change when the identity provider does.

CREATE FUNCTION set_updated_at() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = ''
AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  supabase_id uuid NOT NULL,
  is_creator boolean NOT NULL DEFAULT false,
  bio text NOT NULL DEFAULT '',
  profile_pic_url text NOT NULL DEFAULT '',
  -- Decimal because the DIGIS contract speaks decimals; 'NaN' is above every number, so the check refuses it too.
  price_per_min numeric(10, 2) NOT NULL DEFAULT 1.00,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Stems ("dancing" finds "dance") weigh more than the words as written, which serve the search by prefix.
  bio_search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('english', bio), 'A') || setweight(to_tsvector('simple', bio), 'D')
  ) STORED,
  CONSTRAINT uq_users_supabase_id UNIQUE (supabase_id),
  CONSTRAINT chk_users_bio CHECK (char_length(bio) <= 5000),
  CONSTRAINT chk_users_profile_pic_url CHECK (char_length(profile_pic_url) <= 2048),
  CONSTRAINT chk_users_price_per_min CHECK (price_per_min BETWEEN 0 AND 10000)
);

-- Creators by newest id, and their bios: fans cost these indexes nothing.
CREATE INDEX idx_users_creators ON users (id DESC) WHERE is_creator;
CREATE INDEX idx_users_bio_search ON users USING gin (bio_search) WHERE is_creator;

CREATE TRIGGER trg_users_updated_at
  BEFORE UPDATE ON users
  FOR EACH ROW
  WHEN ((OLD.supabase_id, OLD.is_creator, OLD.bio, OLD.profile_pic_url, OLD.price_per_min)
    IS DISTINCT FROM (NEW.supabase_id, NEW.is_creator, NEW.bio, NEW.profile_pic_url, NEW.price_per_min))
  EXECUTE FUNCTION set_updated_at();

-- What somebody typed into a search box, as a query on bio_search: words, "phrases", or, -without; the last word
-- may be unfinished. Any text is fine; one without words finds nothing.
CREATE FUNCTION bio_query(term text) RETURNS tsquery
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN websearch_to_tsquery('english'::regconfig, term)
  || regexp_replace(websearch_to_tsquery('simple'::regconfig, term)::text, '''$', ''':*')::tsquery;


-- 0002_sessions.sql
-- Sessions between a creator and a fan. A session without end_time is going on.

CREATE TABLE sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  creator_id bigint NOT NULL,
  fan_id bigint NOT NULL,
  type text NOT NULL DEFAULT 'video',
  start_time timestamptz NOT NULL DEFAULT now(),
  end_time timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT fk_sessions_creator FOREIGN KEY (creator_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT fk_sessions_fan FOREIGN KEY (fan_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT chk_sessions_two_people CHECK (creator_id <> fan_id),
  CONSTRAINT chk_sessions_type CHECK (type IN ('video', 'voice', 'text')),
  CONSTRAINT chk_sessions_start_time CHECK (isfinite(start_time)),
  CONSTRAINT chk_sessions_end_time CHECK (end_time >= start_time AND isfinite(end_time))
);

-- A user's sessions, newest first, from either side; they carry the foreign keys too.
CREATE INDEX idx_sessions_creator_id ON sessions (creator_id, start_time DESC, id DESC);
CREATE INDEX idx_sessions_fan_id ON sessions (fan_id, start_time DESC, id DESC);

-- The few that are going on, however many have ended.
CREATE INDEX idx_sessions_active_creator_id ON sessions (creator_id) WHERE end_time IS NULL;
CREATE INDEX idx_sessions_active_fan_id ON sessions (fan_id) WHERE end_time IS NULL;

CREATE TRIGGER trg_sessions_updated_at
  BEFORE UPDATE ON sessions
  FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION set_updated_at();


-- 0003_payments.sql
-- Payments for sessions. Nothing that a payment refers to can be deleted: a user who leaves is anonymised.

CREATE TABLE payments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id bigint NOT NULL,
  -- Both copied from the session by a trigger, so that histories and earnings read one table.
  creator_id bigint NOT NULL,
  fan_id bigint NOT NULL,
  -- Decimal because the DIGIS contract speaks decimals; 'NaN' is above every number, so the checks refuse it too.
  amount numeric(10, 2) NOT NULL,
  tip numeric(10, 2) NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT fk_payments_session FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE RESTRICT,
  CONSTRAINT fk_payments_creator FOREIGN KEY (creator_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT fk_payments_fan FOREIGN KEY (fan_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT chk_payments_amount CHECK (amount BETWEEN 0 AND 1000000),
  CONSTRAINT chk_payments_tip CHECK (tip BETWEEN 0 AND 1000000),
  CONSTRAINT chk_payments_created_at CHECK (isfinite(created_at))
);

CREATE INDEX idx_payments_session_id ON payments (session_id);
CREATE INDEX idx_payments_creator_id ON payments (creator_id, created_at DESC, id DESC);
CREATE INDEX idx_payments_fan_id ON payments (fan_id, created_at DESC, id DESC);

-- Fills creator_id and fan_id, whatever the statement says of them. An absent session is the foreign key's error.
CREATE FUNCTION set_payment_parties() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
BEGIN
  SELECT creator_id, fan_id INTO NEW.creator_id, NEW.fan_id FROM sessions WHERE id = NEW.session_id;
  IF NOT FOUND AND NEW.session_id IS NOT NULL THEN
    RAISE foreign_key_violation USING
      MESSAGE = 'insert or update on table "payments" violates foreign key constraint "fk_payments_session"',
      DETAIL = format('Key (session_id)=(%s) is not present in table "sessions".', NEW.session_id),
      SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = 'fk_payments_session';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER trg_payments_parties
  BEFORE INSERT OR UPDATE OF session_id, creator_id, fan_id ON payments
  FOR EACH ROW
  EXECUTE FUNCTION set_payment_parties();

CREATE TRIGGER trg_payments_updated_at
  BEFORE UPDATE ON payments
  FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION set_updated_at();


-- 0004_token_accounts.sql
-- How many tokens a user holds, in whole tokens; a user without a row holds none.

CREATE TABLE token_accounts (
  user_id bigint PRIMARY KEY,
  balance bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT fk_token_accounts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
  -- The upper bound is 2^53 - 1: every balance is exact as a JavaScript number.
  CONSTRAINT chk_token_accounts_balance CHECK (balance BETWEEN 0 AND 9007199254740991)
) WITH (fillfactor = 70); -- balances change often: the new version of a row finds room beside the old one

CREATE TRIGGER trg_token_accounts_updated_at
  BEFORE UPDATE ON token_accounts
  FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION set_updated_at();


-- 0005_idempotency_keys.sql
-- What callers were answered, by the key that they sent with a request: the same request is applied once, however
-- often it arrives. A row is written in the transaction of the change that it stands for, so there is one exactly
-- where the change was made. It may go a day later.

CREATE TABLE idempotency_keys (
  -- Who asked: keys of different callers have nothing to do with each other.
  subject text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  route text NOT NULL,
  -- SHA-256 of all that makes the request what it is.
  request_hash bytea NOT NULL,
  -- The answer. It is absent only for the transaction that is about to make it.
  status smallint,
  location text,
  -- Not jsonb: the answer is repeated as it was.
  body json,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject, key),
  CONSTRAINT chk_idempotency_keys_subject CHECK (char_length(subject) BETWEEN 1 AND 255),
  CONSTRAINT chk_idempotency_keys_key CHECK (key ~ '^[ -~]{1,255}$'),
  CONSTRAINT chk_idempotency_keys_request_hash CHECK (octet_length(request_hash) = 32),
  CONSTRAINT chk_idempotency_keys_status CHECK (status BETWEEN 200 AND 299)
);

-- For the rows that may go.
CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys (created_at);


-- 0010_profile_names.sql
-- What people are called. Both may be absent: nobody is asked for them to join.
ALTER TABLE users
  ADD COLUMN display_name text,
  ADD COLUMN username text,
  ADD CONSTRAINT chk_users_display_name
    CHECK (char_length(display_name) BETWEEN 1 AND 100 AND display_name = btrim(display_name)) NOT VALID,
  ADD CONSTRAINT chk_users_username CHECK (username ~ '^[A-Za-z0-9][A-Za-z0-9._]{2,29}$') NOT VALID;


-- 0011_validate_profile_names.sql
ALTER TABLE users VALIDATE CONSTRAINT chk_users_display_name;
ALTER TABLE users VALIDATE CONSTRAINT chk_users_username;


-- 0012_username_unique.sql
--! no-transaction
-- However it is written, a name is taken once.
CREATE UNIQUE INDEX CONCURRENTLY uq_users_username ON users (lower(username));


-- 0013_search_document.sql
-- The search document gets the names, and is kept by a trigger from now on: neither this step nor a change of what is
-- in it rewrites the table, which a stored generated column would do under a lock that stops everybody.
ALTER TABLE users ALTER COLUMN bio_search DROP EXPRESSION;

-- Of the words as written, those of the display name weigh most (A), then the username's (B), the bio's least (D); of
-- the bio, stems ("dancing" finds "dance") weigh as much as a name.
CREATE FUNCTION set_bio_search() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = ''
AS $$
BEGIN
  NEW.bio_search := setweight(to_tsvector('pg_catalog.simple', coalesce(NEW.display_name, '')), 'A')
    || setweight(to_tsvector('pg_catalog.simple', coalesce(NEW.username, '')), 'B')
    || setweight(to_tsvector('pg_catalog.english', coalesce(NEW.bio, '')), 'A')
    || setweight(to_tsvector('pg_catalog.simple', coalesce(NEW.bio, '')), 'D');
  RETURN NEW;
END
$$;

CREATE TRIGGER trg_users_bio_search
  BEFORE INSERT OR UPDATE OF bio, display_name, username, bio_search ON users
  FOR EACH ROW
  EXECUTE FUNCTION set_bio_search();

CREATE OR REPLACE TRIGGER trg_users_updated_at
  BEFORE UPDATE ON users
  FOR EACH ROW
  WHEN ((OLD.supabase_id, OLD.is_creator, OLD.bio, OLD.profile_pic_url, OLD.price_per_min, OLD.display_name, OLD.username)
    IS DISTINCT FROM (NEW.supabase_id, NEW.is_creator, NEW.bio, NEW.profile_pic_url, NEW.price_per_min, NEW.display_name, NEW.username))
  EXECUTE FUNCTION set_updated_at();


-- 0014_payment_status.sql
-- How far a payment has come. Only completed ones are anybody's earnings.
ALTER TABLE payments
  ADD COLUMN status text NOT NULL DEFAULT 'completed',
  ADD CONSTRAINT chk_payments_status CHECK (status IN ('pending', 'completed', 'failed', 'refunded')) NOT VALID;


-- 0015_validate_payment_status.sql
ALTER TABLE payments VALIDATE CONSTRAINT chk_payments_status;


-- 0016_pending_payments.sql
--! no-transaction
-- The few that somebody still waits for, oldest first.
CREATE INDEX CONCURRENTLY idx_payments_pending ON payments (created_at) WHERE status = 'pending';


-- 0017_creator_stats.sql
-- When each job that looks after the database ran last, so that of many processes one does the work.
CREATE TABLE maintenance_runs (
  job text PRIMARY KEY,
  ran_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT chk_maintenance_runs_job CHECK (char_length(job) BETWEEN 1 AND 100)
);

-- What creators have done, for leader boards: as old as the last refresh. Money comes from completed payments.
CREATE MATERIALIZED VIEW creator_stats AS
SELECT u.id AS creator_id,
       coalesce(s.sessions, 0) AS sessions,
       coalesce(s.active_sessions, 0) AS active_sessions,
       s.last_session_at,
       coalesce(p.payments, 0) AS payments,
       coalesce(p.total_earnings, 0.00) AS total_earnings,
       coalesce(p.unique_customers, 0) AS unique_customers
  FROM users AS u
  LEFT JOIN (SELECT creator_id, count(*) AS sessions, count(*) FILTER (WHERE end_time IS NULL) AS active_sessions,
                    max(start_time) AS last_session_at
               FROM sessions GROUP BY creator_id) AS s ON s.creator_id = u.id
  LEFT JOIN (SELECT creator_id, count(*) AS payments, sum(amount + tip) AS total_earnings,
                    count(DISTINCT fan_id) AS unique_customers
               FROM payments WHERE status = 'completed' GROUP BY creator_id) AS p ON p.creator_id = u.id
 WHERE u.is_creator;

-- A refresh beside readers needs it.
CREATE UNIQUE INDEX uq_creator_stats_creator_id ON creator_stats (creator_id);
CREATE INDEX idx_creator_stats_total_earnings ON creator_stats (total_earnings DESC, creator_id DESC);

-- Brings creator_stats up to date unless that was done less than `max_age` ago or somebody is at it; true when it was
-- done. Readers go on meanwhile.
CREATE FUNCTION refresh_creator_stats(max_age interval DEFAULT '5 minutes') RETURNS boolean
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('digis.refresh_creator_stats', 0)) THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT FROM maintenance_runs WHERE job = 'creator_stats' AND ran_at > clock_timestamp() - max_age) THEN
    RETURN false;
  END IF;
  REFRESH MATERIALIZED VIEW CONCURRENTLY creator_stats;
  INSERT INTO maintenance_runs (job, ran_at) VALUES ('creator_stats', clock_timestamp())
    ON CONFLICT (job) DO UPDATE SET ran_at = EXCLUDED.ran_at;
  RETURN true;
END
$$;

-- Has pg_cron refresh creator_stats every five minutes, for databases that no DIGIS service looks after. Says what it
-- did; doing it again changes nothing.
CREATE FUNCTION schedule_creator_stats() RETURNS text
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
    RETURN 'pg_cron is not installed in this database: the DIGIS service refreshes creator_stats.';
  END IF;
  EXECUTE format('SELECT cron.schedule(''digis_creator_stats'', ''*/5 * * * *'', %L)',
    format('SELECT %I.refresh_creator_stats(''4 minutes'')', current_schema()));
  RETURN 'pg_cron refreshes creator_stats every five minutes.';
END
$$;


-- 0018_table_health.sql
-- One row for each table of this schema, the largest first: how large it is, how much of it is dead, whether vacuum and
-- analyze keep up, and what an operator may want to do about it.
CREATE FUNCTION table_health() RETURNS TABLE (
  table_name text,
  live_rows bigint,
  dead_rows bigint,
  dead_percent numeric,
  table_bytes bigint,
  index_bytes bigint,
  last_vacuum timestamptz,
  last_analyze timestamptz,
  invalid_indexes bigint,
  unvalidated_constraints bigint,
  advice text
)
  LANGUAGE sql
  STABLE
  SET search_path FROM CURRENT
AS $$
  WITH health AS (
    SELECT s.relid, s.relname::text AS name, s.n_live_tup AS alive, s.n_dead_tup AS dead,
           round(100.0 * s.n_dead_tup / greatest(s.n_live_tup + s.n_dead_tup, 1), 1) AS dead_percent,
           greatest(s.last_vacuum, s.last_autovacuum) AS vacuumed, greatest(s.last_analyze, s.last_autoanalyze) AS analyzed,
           (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = s.relid AND NOT i.indisvalid) AS invalid,
           (SELECT count(*) FROM pg_constraint AS c WHERE c.conrelid = s.relid AND NOT c.convalidated) AS unvalidated
      FROM pg_stat_user_tables AS s
     WHERE s.schemaname = current_schema()
  )
  SELECT name, alive, dead, dead_percent, pg_table_size(relid), pg_indexes_size(relid), vacuumed, analyzed, invalid, unvalidated,
         CASE
           WHEN invalid > 0 THEN 'An index is invalid: REINDEX INDEX CONCURRENTLY, or drop it.'
           WHEN unvalidated > 0 THEN 'A constraint is not validated: old rows may break it.'
           WHEN dead > 10000 AND dead_percent > 20 THEN 'Many dead rows: VACUUM, and look for old transactions.'
           WHEN alive > 10000 AND analyzed IS NULL THEN 'Never analyzed: ANALYZE.'
           ELSE 'Fine.'
         END
    FROM health
   ORDER BY pg_total_relation_size(relid) DESC, name
$$;


-- From the one to the other. Each line plans a part of it and runs what it planned.

SET search_path = pg_catalog;
SELECT * FROM digis_hardening.plan_01_tables() \gexec
SELECT * FROM digis_hardening.plan_02_functions() \gexec
SELECT * FROM digis_hardening.plan_03_columns() \gexec
SELECT * FROM digis_hardening.plan_04_widen() \gexec
SELECT * FROM digis_hardening.plan_10_new_columns() \gexec
SELECT * FROM digis_hardening.plan_11_fill() \gexec
SELECT * FROM digis_hardening.plan_12_filled() \gexec
SELECT * FROM digis_hardening.plan_13_filled_valid() \gexec
SELECT * FROM digis_hardening.plan_14_broken_indexes() \gexec
SELECT * FROM digis_hardening.plan_15_indexes_on_new_columns() \gexec
SELECT * FROM digis_hardening.plan_16_swap() \gexec
SELECT * FROM digis_hardening.plan_20_defaults() \gexec
SELECT * FROM digis_hardening.plan_21_triggers() \gexec
SELECT * FROM digis_hardening.plan_22_names() \gexec
SELECT * FROM digis_hardening.plan_23_wrong_definitions() \gexec
SELECT * FROM digis_hardening.plan_30_examine() \gexec
SELECT * FROM digis_hardening.plan_31_repair() \gexec
SELECT * FROM digis_hardening.plan_32_checks() \gexec
SELECT * FROM digis_hardening.plan_33_validate() \gexec
SELECT * FROM digis_hardening.plan_34_not_null() \gexec
SELECT * FROM digis_hardening.plan_36_indexes() \gexec
SELECT * FROM digis_hardening.plan_37_keys() \gexec
SELECT * FROM digis_hardening.plan_38_foreign_keys() \gexec
SELECT * FROM digis_hardening.plan_40_examine() \gexec
SELECT * FROM digis_hardening.plan_41_repair() \gexec
SELECT * FROM digis_hardening.plan_42_validate() \gexec
SELECT * FROM digis_hardening.plan_43_not_null() \gexec
SELECT * FROM digis_hardening.plan_44_defaults() \gexec
SELECT * FROM digis_hardening.plan_45_superseded() \gexec
SELECT * FROM digis_hardening.plan_50_views() \gexec
SELECT * FROM digis_hardening.plan_51_indexes_of_views() \gexec

SELECT digis_hardening.finish() AS "fingerprint of the schema";

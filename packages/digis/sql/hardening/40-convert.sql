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

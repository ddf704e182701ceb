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

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

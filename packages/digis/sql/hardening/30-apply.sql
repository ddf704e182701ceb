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

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

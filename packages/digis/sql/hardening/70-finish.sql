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

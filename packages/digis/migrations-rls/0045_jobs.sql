-- What keeps derived tables runs with the rights of its owner, because whoever changes a profile, or looks after the
-- database, has none on them. None of these functions takes the name of a table.

DO $rights$
DECLARE
  own text := current_schema();
  object record;
BEGIN
  FOR object IN
    SELECT p.oid::regprocedure AS signature, wanted.is_entrance, wanted.is_job
      FROM (VALUES
              -- The trigger of users, and what it calls.
              ('index_creator', true, false), ('index_creators', false, false),
              -- What the service does every few minutes and every night, and what that calls.
              ('refresh_creator_stats', true, true), ('maintain_partitions', true, true),
              ('prepare_creator_days', true, true), ('reconcile_creator_days', true, true),
              ('first_creator_day', true, true), ('ensure_partitions', false, false),
              ('count_creator_days', false, false)) AS wanted (name, is_entrance, is_job)
      JOIN pg_proc AS p ON p.pronamespace = own::regnamespace AND p.proname = wanted.name
  LOOP
    -- No temporary table of the caller's stands in front of ours.
    EXECUTE format('ALTER FUNCTION %s %s SET search_path = %I, pg_temp', object.signature,
      CASE WHEN object.is_entrance THEN 'SECURITY DEFINER' ELSE 'SECURITY INVOKER' END, own);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, anon, authenticated, app_service', object.signature);
    IF object.is_job THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO app_service', object.signature);
    END IF;
  END LOOP;
END
$rights$;

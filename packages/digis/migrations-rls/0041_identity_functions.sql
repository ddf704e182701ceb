-- What policies ask: who is it? In a schema of their own, because nobody else has to call them. They run with the rights
-- of their owner and trust no search path; policies call them as (SELECT …), once for a statement and not for each row.

CREATE SCHEMA digis_private;
REVOKE ALL ON SCHEMA digis_private FROM PUBLIC;
GRANT USAGE ON SCHEMA digis_private TO anon, authenticated, app_service;

-- The subject of the verified token; NULL without one, or with one that is no UUID. After a transaction that had set it
-- the setting is an empty text.
CREATE FUNCTION digis_private.subject() RETURNS uuid
  LANGUAGE sql
  STABLE SECURITY DEFINER
  SET search_path = ''
AS $$
  SELECT CASE WHEN claims.sub ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN claims.sub::uuid END
    FROM (SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub' AS sub) AS claims
$$;

-- The user with that subject; NULL before joining. SECURITY DEFINER, because the policies of users would ask it again.
DO $create$
BEGIN
  EXECUTE format($function$
    CREATE FUNCTION digis_private.own_id() RETURNS bigint
      LANGUAGE sql
      STABLE SECURITY DEFINER
      SET search_path = ''
    AS $$ SELECT id FROM %I.users WHERE supabase_id = (SELECT digis_private.subject()) $$
  $function$, current_schema());
END
$create$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA digis_private FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA digis_private TO anon, authenticated, app_service;

-- Roles belong to the whole server, so this creates what is missing and changes nothing that is there. Logins get no
-- password here: until they are given one, nobody can log in with them by password.
--
--   anon, authenticated   who asks, as Supabase calls them; only ever reached by SET ROLE
--   app_service           jobs and the platform's own backend: narrow grants of its own, no way past the policies
--   app_owner             to own the tables
--   app_migrator          logs in to change the schema
--   app_backend           logs in for the service; may do nothing but become one of the first three

DO $roles$
DECLARE
  wanted text;
  attributes text;
BEGIN
  FOR wanted, attributes IN VALUES
    ('anon', 'NOLOGIN NOINHERIT'),
    ('authenticated', 'NOLOGIN NOINHERIT'),
    ('app_service', 'NOLOGIN NOINHERIT'),
    ('app_owner', 'NOLOGIN'),
    ('app_migrator', 'LOGIN'),
    ('app_backend', 'LOGIN NOINHERIT')
  LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted);
    BEGIN
      EXECUTE format('CREATE ROLE %I %s', wanted, attributes);
    EXCEPTION
      -- Somebody else on this server, perhaps for another database, was faster.
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        IF wanted IN ('anon', 'authenticated', 'app_service') THEN
          RAISE EXCEPTION 'the role "%" does not exist and cannot be created by "%"', wanted, current_user
            USING ERRCODE = 'insufficient_privilege',
              HINT = format('Let somebody who may run: CREATE ROLE %I %s', wanted, attributes);
        END IF;
        RAISE WARNING 'the role "%" was not created: "%" may not', wanted, current_user;
    END;
  END LOOP;
END
$roles$;

DO $memberships$
DECLARE
  granted text;
  grantee text;
  inherited boolean;
  options text;
BEGIN
  FOR granted, grantee, inherited IN
    SELECT role, login, false
      FROM unnest(ARRAY['anon', 'authenticated', 'app_service']) AS role,
           -- Whoever installs this may run the service too.
           unnest(ARRAY['app_backend', current_user::text]) AS login
    UNION ALL SELECT 'app_owner', 'app_migrator', true
  LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = grantee)
      OR NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = granted)
      OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = grantee)
      OR pg_catalog.pg_has_role(grantee, granted,
        CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END);
    -- Before 16 only the grantee's own NOINHERIT says so.
    options := CASE WHEN current_setting('server_version_num')::int >= 160000
      THEN format(' WITH INHERIT %s, SET TRUE', inherited::text) ELSE '' END;
    BEGIN
      EXECUTE format('GRANT %I TO %I%s', granted, grantee, options);
    EXCEPTION
      WHEN insufficient_privilege THEN
        RAISE WARNING 'the role "%" was not granted to "%": "%" may not', granted, grantee, current_user;
      -- "tuple concurrently updated": another database of this server is doing the same.
      WHEN internal_error THEN
        IF NOT pg_catalog.pg_has_role(grantee, granted, 'MEMBER') THEN
          RAISE;
        END IF;
    END;
  END LOOP;
END
$memberships$;

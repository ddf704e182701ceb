-- Who may: the owner posts, through the functions; triggers post for whoever may write payments and token_accounts.
-- Nobody else writes the ledger, whatever default privileges gave them, and nobody at all changes an entry.

DO $$
DECLARE
  own text := current_schema();
  entrances text[] := '{ledger_post,ledger_post_balances,ledger_reverse,ledger_receive,ledger_problems}';
  object record;
BEGIN
  FOR object IN
    SELECT p.oid::regprocedure AS signature, p.prorettype = 'trigger'::regtype OR p.proname = ANY (entrances) AS is_entrance
      FROM pg_proc AS p
     WHERE p.pronamespace = own::regnamespace
       AND (p.proname ~ '^ledger_' OR p.proname IN ('post_token_accounts', 'post_new_payments', 'post_changed_payments'))
  LOOP
    -- With their own names, and no temporary table in front of them. What they call runs within that.
    IF object.is_entrance THEN
      EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', object.signature, own);
    END IF;
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', object.signature);
  END LOOP;

  FOR object IN
    SELECT c.oid::regclass AS name, acl.grantee
      FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
     WHERE c.relnamespace = own::regnamespace AND acl.grantee NOT IN (0, c.relowner)
       AND c.relname IN ('ledger_accounts', 'ledger_transfers', 'ledger_entries', 'provider_events')
     GROUP BY 1, 2
  LOOP
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM %s', object.name, object.grantee::regrole);
  END LOOP;

  FOR object IN
    SELECT p.oid::regprocedure AS signature, acl.grantee
      FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS acl
     WHERE p.pronamespace = own::regnamespace AND p.proname ~ '^ledger_' AND acl.grantee NOT IN (0, p.proowner)
     GROUP BY 1, 2
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s', object.signature, object.grantee::regrole);
  END LOOP;
END
$$;

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entries FROM PUBLIC, CURRENT_USER;

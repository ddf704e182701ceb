-- What callers order: as ledger_post, for whoever may post; for everybody else from what is theirs only, by a function
-- that comes with row-level security. Chosen here, so that callers say the same either way.
CREATE FUNCTION ledger_order(
  keys text[], kinds text[], memos text[],
  leg_numbers integer[], leg_roles text[], leg_owners bigint[], leg_assets text[], leg_amounts bigint[]
) RETURNS TABLE (number integer, transfer_id bigint, outcome text, balance_after bigint)
  LANGUAGE plpgsql
AS $$
DECLARE
  nothing bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(keys)]);
BEGIN
  IF has_function_privilege(
       'ledger_post(text[],text[],text[],bigint[],bigint[],integer[],text[],bigint[],text[],bigint[])', 'EXECUTE') THEN
    RETURN QUERY SELECT * FROM ledger_post(keys, kinds, memos, nothing, nothing,
      leg_numbers, leg_roles, leg_owners, leg_assets, leg_amounts);
  ELSE
    RETURN QUERY SELECT * FROM ledger_order_own(keys, kinds, memos,
      leg_numbers, leg_roles, leg_owners, leg_assets, leg_amounts);
  END IF;
END
$$;

-- Nobody's by default, as the other functions of the ledger.
REVOKE ALL ON FUNCTION ledger_order FROM PUBLIC;
DO $$
DECLARE
  grantee regrole;
BEGIN
  FOR grantee IN
    SELECT DISTINCT acl.grantee FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS acl
     WHERE p.oid = 'ledger_order'::regproc AND acl.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION ledger_order FROM %s', grantee);
  END LOOP;
END
$$;

-- The ledger under an identity: the platform's backend posts whatever it wants to; people order what takes from their own
-- accounts and nothing else.

-- Tips, spendings and payouts. Everything that an order takes it takes from an account of who asks; everything that it
-- gives goes where such an order gives. Keys are the person's: nobody uses up the key of another one's transfer, or of a
-- payment to come. Raises insufficient_privilege.
CREATE FUNCTION ledger_order_own(
  keys text[], kinds text[], memos text[],
  leg_numbers integer[], leg_roles text[], leg_owners bigint[], leg_assets text[], leg_amounts bigint[]
) RETURNS TABLE (number integer, transfer_id bigint, outcome text, balance_after bigint)
  LANGUAGE plpgsql
  SECURITY DEFINER
AS $$
DECLARE
  own bigint := digis_private.own_id();
  own_keys text[];
  nothing bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(keys)]);
BEGIN
  IF own IS NULL OR EXISTS (
    SELECT FROM unnest(leg_numbers, leg_roles, leg_owners, leg_assets, leg_amounts)
                AS leg (number, role, owner, asset, amount)
     WHERE (CASE kinds[leg.number]
              WHEN 'tip' THEN leg.role = 'user' AND leg.asset = 'tokens' AND (leg.amount > 0 OR leg.owner = own)
              WHEN 'spend' THEN leg.role = CASE WHEN leg.amount > 0 THEN 'platform' ELSE 'user' END
                            AND leg.asset = 'tokens' AND leg.owner = own
              WHEN 'payout' THEN leg.role = CASE WHEN leg.amount > 0 THEN 'payouts' ELSE 'user' END
                             AND leg.asset = 'cents' AND leg.owner = own
            END) IS NOT TRUE) THEN
    RAISE insufficient_privilege USING
      MESSAGE = 'People order tips, spendings and payouts, and only of what is theirs.',
      HINT = 'Everything else is ordered as app_service.';
  END IF;
  -- Both forms are at most 255 long.
  own_keys := ARRAY(SELECT own || '/' || CASE WHEN octet_length(key) <= 200 THEN key
                                              ELSE encode(sha256(convert_to(key, 'UTF8')), 'hex') END
                      FROM unnest(keys) WITH ORDINALITY AS k (key, place) ORDER BY place);
  RETURN QUERY SELECT * FROM ledger_post(own_keys, kinds, memos, nothing, nothing,
    leg_numbers, leg_roles, leg_owners, leg_assets, leg_amounts);
END
$$;

DO $rights$
DECLARE
  own text := current_schema();
  object record;
BEGIN
  EXECUTE format('ALTER FUNCTION ledger_order_own SET search_path = %I, pg_temp', own);
  FOR object IN
    SELECT p.oid::regprocedure AS signature, p.proname
      FROM pg_proc AS p WHERE p.pronamespace = own::regnamespace AND p.proname ~ '^ledger_'
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, anon, authenticated, app_service', object.signature);
    IF object.proname IN ('ledger_post', 'ledger_reverse', 'ledger_receive', 'ledger_problems') THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO app_service', object.signature);
    END IF;
  END LOOP;
END
$rights$;
GRANT EXECUTE ON FUNCTION ledger_order TO authenticated, app_service;
GRANT EXECUTE ON FUNCTION ledger_order_own TO authenticated;

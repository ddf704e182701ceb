-- Posting: the one way into the ledger. A leg names its account by role, owner and asset; the owner of a user's account
-- is the user, that of the platform's any number, which chooses the slot.
--
-- Sequential scans are switched off where a function looks up single rows, and plans are made once: a plan for the
-- empty tables of the first call would otherwise serve the session when they have grown, and one for each call would cost
-- as much as the posting.

CREATE FUNCTION ledger_account_ids(roles text[], owners bigint[], assets text[]) RETURNS bigint[]
  LANGUAGE plpgsql
  STABLE
AS $$
BEGIN
  RETURN (
    SELECT array_agg(
             CASE WHEN leg.role = 'user'
                  THEN (SELECT id FROM ledger_accounts AS a WHERE a.user_id = leg.owner AND a.asset = leg.asset)
                  ELSE (SELECT id FROM ledger_accounts AS a
                         WHERE a.role = leg.role AND a.asset = leg.asset AND a.slot = leg.owner & 15 AND a.user_id IS NULL)
             END ORDER BY leg.place)
      FROM unnest(roles, owners, assets) WITH ORDINALITY AS leg (role, owner, asset, place));
END
$$;

-- The accounts of users who are given something for the first time. Opening one of tokens is a row of token_accounts,
-- whose trigger opens it here.
CREATE FUNCTION ledger_open_accounts(roles text[], owners bigint[], assets text[], amounts bigint[]) RETURNS void
  LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO token_accounts (user_id)
  SELECT DISTINCT owner FROM unnest(roles, owners, assets, amounts) AS leg (role, owner, asset, amount)
   WHERE role = 'user' AND asset = 'tokens' AND amount > 0 ORDER BY owner
      ON CONFLICT DO NOTHING;
  INSERT INTO ledger_accounts (role, user_id, asset)
  SELECT DISTINCT 'user', owner, asset FROM unnest(roles, owners, assets, amounts) AS leg (role, owner, asset, amount)
   WHERE role = 'user' AND asset <> 'tokens' AND amount > 0 ORDER BY owner
      ON CONFLICT DO NOTHING;
END
$$;

-- What makes each transfer what it is, as SHA-256.
CREATE FUNCTION ledger_request_hashes(
  kinds text[], memos text[], reverses bigint[], payments bigint[],
  numbers integer[], roles text[], owners bigint[], assets text[], amounts bigint[]
) RETURNS bytea[]
  LANGUAGE plpgsql
  STABLE
AS $$
BEGIN
  RETURN (
    SELECT array_agg(sha256(convert_to(
             json_build_array(t.kind, t.memo, t.reverses, t.payment, legs.text)::text, 'UTF8')) ORDER BY number)
      FROM unnest(kinds, memos, reverses, payments) WITH ORDINALITY AS t (kind, memo, reverses, payment, number)
      JOIN (SELECT number, string_agg(concat_ws(' ', role, owner, asset, amount), ',' ORDER BY place) AS text
              FROM unnest(numbers, roles, owners, assets, amounts)
                   WITH ORDINALITY AS leg (number, role, owner, asset, amount, place)
             GROUP BY number) AS legs USING (number));
END
$$;

-- Posts transfers, all of them or none. The arrays of transfers are in parallel, and so are those of legs; a leg says
-- by its number (from 1) which transfer it belongs to, and legs are posted in their order. A call is for hundreds of
-- transfers, not for tens of thousands: each looks at all of the others.
--
-- Returns a row for each transfer with the balance that its first leg left. `outcome` is 'posted', 'replayed' (the key
-- was known, nothing happened) or 'insufficient' (of all: an account holds too little, nothing happened). Raises
-- unique_violation for a key of another transfer, and check_violation above the largest balance.
CREATE FUNCTION ledger_post(
  keys text[], kinds text[], memos text[], reverses bigint[], payments bigint[],
  leg_numbers integer[], leg_roles text[], leg_owners bigint[], leg_assets text[], leg_amounts bigint[]
) RETURNS TABLE (number integer, transfer_id bigint, outcome text, balance_after bigint)
  LANGUAGE plpgsql
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  hashes bytea[] := ledger_request_hashes(kinds, memos, reverses, payments, leg_numbers, leg_roles, leg_owners,
    leg_assets, leg_amounts);
  accounts bigint[] := ledger_account_ids(leg_roles, leg_owners, leg_assets);
  ids bigint[];
  locked record;
  known bigint[];
  entries record;
  added bigint;
BEGIN
  IF array_position(accounts, NULL) IS NOT NULL THEN
    PERFORM ledger_open_accounts(leg_roles, leg_owners, leg_assets, leg_amounts);
    accounts := ledger_account_ids(leg_roles, leg_owners, leg_assets);
  END IF;

  -- Always in the same order, so that two postings never wait for each other. Foreign keys do not wait for this lock.
  SELECT array_agg(a.id) AS ids, array_agg(a.balance) AS balances, array_agg(a.version) AS versions,
         array_agg(a.role = 'user') AS owned
    INTO locked
    FROM (SELECT * FROM ledger_accounts WHERE id = ANY (accounts) ORDER BY id FOR NO KEY UPDATE) AS a;

  -- Only now: who posted the same before us held the same locks.
  IF EXISTS (SELECT FROM ledger_transfers AS t WHERE t.idempotency_key = ANY (keys)) THEN
    SELECT array_agg(t.id ORDER BY asked.place) INTO known
      FROM unnest(keys) WITH ORDINALITY AS asked (key, place)
      LEFT JOIN ledger_transfers AS t ON t.idempotency_key = asked.key;
    PERFORM ledger_refuse_other_requests(known, hashes);
  END IF;

  SELECT array_agg(e.number ORDER BY e.place) AS numbers, array_agg(e.account ORDER BY e.place) AS accounts,
         array_agg(e.amount ORDER BY e.place) AS amounts, array_agg(e.after ORDER BY e.place) AS balances,
         array_agg(e.version ORDER BY e.place) AS versions,
         bool_or(e.account IS NULL OR (e.owned AND e.after < 0)) AS insufficient,
         bool_or(e.owned AND e.after > 9007199254740991) AS too_much
    INTO entries
    FROM (SELECT leg.*, a.owned, (a.balance + sum(leg.amount) OVER earlier)::bigint AS after,
                 a.version + row_number() OVER earlier AS version
            FROM unnest(leg_numbers, accounts, leg_amounts) WITH ORDINALITY AS leg (number, account, amount, place)
            LEFT JOIN unnest(locked.ids, locked.balances, locked.versions, locked.owned)
                      AS a (id, balance, version, owned) ON a.id = leg.account
           WHERE known[leg.number] IS NULL
          WINDOW earlier AS (PARTITION BY leg.account ORDER BY leg.place)) AS e;
  IF entries.insufficient THEN
    RETURN QUERY SELECT n::integer, NULL::bigint, 'insufficient', NULL::bigint FROM generate_subscripts(keys, 1) AS n;
    RETURN;
  END IF;
  IF entries.too_much THEN
    PERFORM ledger_refuse_too_much('tokens' = ALL (leg_assets));
  END IF;

  SELECT array_agg(coalesce(known[n], nextval('ledger_transfers_id_seq'::regclass)) ORDER BY n) INTO ids
    FROM generate_subscripts(keys, 1) AS n;
  INSERT INTO ledger_transfers (id, kind, idempotency_key, request_hash, memo, reverses_id, payment_id)
  OVERRIDING SYSTEM VALUE
  SELECT t.id, t.kind, t.key, t.hash, coalesce(t.memo, ''), t.reverses, t.payment
    FROM unnest(ids, kinds, keys, hashes, memos, reverses, payments, known)
         AS t (id, kind, key, hash, memo, reverses, payment, known)
   WHERE t.known IS NULL
      ON CONFLICT (idempotency_key) DO NOTHING;
  GET DIAGNOSTICS added = ROW_COUNT;
  IF added < cardinality(keys) - cardinality(array_remove(coalesce(known, '{}'), NULL)) THEN
    -- Somebody posted under the key in this moment, and it touched other accounts.
    PERFORM ledger_refuse_key();
  END IF;

  UPDATE ledger_accounts AS a SET balance = last.balance, version = last.version
    FROM (SELECT DISTINCT ON (e.account) e.*
            FROM unnest(entries.accounts, entries.balances, entries.versions) AS e (account, balance, version)
           ORDER BY e.account, e.version DESC) AS last
   WHERE a.id = last.account;
  INSERT INTO ledger_entries (account_id, account_version, transfer_id, amount, balance_after)
  SELECT e.account, e.version, ids[e.number], e.amount, e.balance
    FROM unnest(entries.numbers, entries.accounts, entries.amounts, entries.balances, entries.versions)
         AS e (number, account, amount, balance, version);
  IF 'tokens' = ANY (leg_assets) THEN
    UPDATE token_accounts AS t SET balance = a.balance
      FROM ledger_accounts AS a
     WHERE a.id = ANY (entries.accounts) AND a.asset = 'tokens' AND a.user_id = t.user_id AND a.balance <> t.balance;
  END IF;

  RETURN QUERY
  SELECT leg.number, ids[leg.number], CASE WHEN known[leg.number] IS NULL THEN 'posted' ELSE 'replayed' END,
         (SELECT e.balance_after FROM ledger_entries AS e
           WHERE e.transfer_id = ids[leg.number] AND e.account_id = leg.account)
    FROM (SELECT DISTINCT ON (l.number) l.*
            FROM unnest(leg_numbers, accounts) WITH ORDINALITY AS l (number, account, place)
           ORDER BY l.number, l.place) AS leg;
END
$$;

CREATE FUNCTION ledger_refuse_key() RETURNS void
  LANGUAGE plpgsql
AS $$
BEGIN
  RAISE unique_violation USING
    MESSAGE = 'The idempotency key stands for another transfer.',
    TABLE = 'ledger_transfers', CONSTRAINT = 'uq_ledger_transfers_idempotency_key';
END
$$;

-- Refuses keys that are known for something else.
CREATE FUNCTION ledger_refuse_other_requests(known bigint[], hashes bytea[]) RETURNS void
  LANGUAGE plpgsql
AS $$
BEGIN
  IF EXISTS (SELECT FROM unnest(known, hashes) AS asked (id, hash)
               JOIN ledger_transfers AS t ON t.id = asked.id AND t.request_hash <> asked.hash) THEN
    PERFORM ledger_refuse_key();
  END IF;
END
$$;

-- What the constraint of the account would say, a moment earlier and under the name that callers know.
CREATE FUNCTION ledger_refuse_too_much(tokens boolean) RETURNS void
  LANGUAGE plpgsql
AS $$
BEGIN
  RAISE check_violation USING
    MESSAGE = 'An account would hold more than 9007199254740991.',
    TABLE = CASE WHEN tokens THEN 'token_accounts' ELSE 'ledger_accounts' END,
    CONSTRAINT = CASE WHEN tokens THEN 'chk_token_accounts_balance' ELSE 'chk_ledger_accounts_balance' END;
END
$$;

-- Takes a transfer back by its opposite, whole and once. Raises no_data_found when there is no such transfer, and
-- unique_violation when it was taken back before.
CREATE FUNCTION ledger_reverse(original bigint, kind text, key text, memo text)
  RETURNS TABLE (number integer, transfer_id bigint, outcome text, balance_after bigint)
  LANGUAGE plpgsql
AS $$
DECLARE
  legs record;
BEGIN
  SELECT array_agg(1) AS numbers, array_agg(a.role ORDER BY a.id) AS roles,
         array_agg(coalesce(a.user_id, a.slot) ORDER BY a.id) AS owners, array_agg(a.asset ORDER BY a.id) AS assets,
         array_agg(-e.amount ORDER BY a.id) AS amounts
    INTO legs
    FROM ledger_entries AS e JOIN ledger_accounts AS a ON a.id = e.account_id
   WHERE e.transfer_id = original;
  IF legs.numbers IS NULL THEN
    RAISE no_data_found USING MESSAGE = 'There is no such transfer.', TABLE = 'ledger_transfers';
  END IF;
  -- Said by name before an account that is empty by now would say something else.
  IF EXISTS (SELECT FROM ledger_transfers AS t WHERE t.reverses_id = original AND t.idempotency_key <> key) THEN
    RAISE unique_violation USING
      MESSAGE = 'The transfer was taken back before.',
      TABLE = 'ledger_transfers', CONSTRAINT = 'uq_ledger_transfers_reverses';
  END IF;
  RETURN QUERY SELECT * FROM ledger_post(ARRAY[key], ARRAY[kind], ARRAY[memo], ARRAY[original], ARRAY[NULL::bigint],
    legs.numbers, legs.roles, legs.owners, legs.assets, legs.amounts);
END
$$;

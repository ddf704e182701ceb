-- token_accounts stays what applications read and write: the balance of the user's account of tokens. The ledger keeps
-- it, and whoever writes it past the functions above has the difference posted, so the two never part.

CREATE FUNCTION post_token_accounts() RETURNS trigger
  LANGUAGE plpgsql
AS $$
DECLARE
  portion record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO ledger_accounts (role, user_id, asset)
    SELECT 'user', user_id, 'tokens' FROM changed ORDER BY user_id
        ON CONFLICT DO NOTHING;
  END IF;
  FOR portion IN
    SELECT array_agg(user_id ORDER BY user_id) AS users, array_agg(difference ORDER BY user_id) AS amounts
      FROM (SELECT c.user_id, c.balance - a.balance AS difference, row_number() OVER (ORDER BY c.user_id) AS place
              FROM changed AS c JOIN ledger_accounts AS a ON a.user_id = c.user_id AND a.asset = 'tokens'
             WHERE c.balance <> a.balance) AS d
     GROUP BY place / 1000 ORDER BY place / 1000
  LOOP
    PERFORM ledger_post_balances('adjustment', 'tokens', portion.users, portion.amounts);
  END LOOP;
  RETURN NULL;
END
$$;

-- A transfer for each user: tokens come from the mint, and money from what providers collect.
CREATE FUNCTION ledger_post_balances(kind text, asset text, users bigint[], amounts bigint[]) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  transfers record;
  legs record;
  outcomes text[];
BEGIN
  SELECT array_agg(kind || ':' || gen_random_uuid()) AS keys, array_agg(kind) AS kinds, array_agg(''::text) AS memos,
         array_agg(NULL::bigint) AS nothing
    INTO transfers
    FROM unnest(users);
  SELECT array_agg(n::integer ORDER BY n, side) AS numbers,
         array_agg(CASE WHEN side = 1 THEN 'user' WHEN asset = 'tokens' THEN 'mint' ELSE 'clearing' END ORDER BY n, side) AS roles,
         array_agg(holder ORDER BY n, side) AS owners, array_agg(asset) AS assets,
         array_agg(CASE side WHEN 1 THEN amount ELSE -amount END ORDER BY n, side) AS amounts
    INTO legs
    FROM unnest(users, amounts) WITH ORDINALITY AS u (holder, amount, n), generate_series(1, 2) AS side;
  SELECT array_agg(DISTINCT outcome) INTO outcomes
    FROM ledger_post(transfers.keys, transfers.kinds, transfers.memos, transfers.nothing, transfers.nothing,
                     legs.numbers, legs.roles, legs.owners, legs.assets, legs.amounts);
  IF outcomes <> '{posted}' THEN
    RAISE integrity_constraint_violation USING MESSAGE = 'A balance could not be posted to the ledger.';
  END IF;
END
$$;

CREATE TRIGGER trg_token_accounts_post_insert
  AFTER INSERT ON token_accounts
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION post_token_accounts();
CREATE TRIGGER trg_token_accounts_post_update
  AFTER UPDATE ON token_accounts
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION post_token_accounts();
CREATE TRIGGER trg_token_accounts_append_only
  BEFORE DELETE OR TRUNCATE ON token_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER trg_token_accounts_identity
  BEFORE UPDATE ON token_accounts
  FOR EACH ROW
  WHEN (OLD.user_id <> NEW.user_id)
  EXECUTE FUNCTION ledger_refuse_change();

-- What users hold already is carried over, in portions, so that one of them fits in memory.
DO $$
DECLARE
  portion record;
  last bigint := 0;
BEGIN
  INSERT INTO ledger_accounts (role, user_id, asset) SELECT 'user', user_id, 'tokens' FROM token_accounts ORDER BY user_id;
  LOOP
    SELECT max(user_id) AS last, array_agg(user_id) FILTER (WHERE balance > 0) AS users,
           array_agg(balance) FILTER (WHERE balance > 0) AS amounts
      INTO portion
      FROM (SELECT user_id, balance FROM token_accounts WHERE user_id > last ORDER BY user_id LIMIT 1000) AS next;
    EXIT WHEN portion.last IS NULL;
    last := portion.last;
    IF portion.users IS NOT NULL THEN
      PERFORM ledger_post_balances('opening', 'tokens', portion.users, portion.amounts);
    END IF;
  END LOOP;
END
$$;

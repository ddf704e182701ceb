-- A payment of a session is money: cents that a payment provider collects from the fan and that the platform owes the
-- creator from then on. It is posted with the payment, whoever writes it.

-- What a payment is in cents. One that is not completed is nothing, yet or any more.
CREATE FUNCTION payment_cents(status text, amount numeric, tip numeric) RETURNS bigint
  LANGUAGE sql
  IMMUTABLE
RETURN CASE WHEN status = 'completed' THEN ((amount + tip) * 100)::bigint ELSE 0 END;

-- A payment of nothing moves nothing.
CREATE FUNCTION post_new_payments() RETURNS trigger
  LANGUAGE plpgsql
AS $$
DECLARE
  portion record;
BEGIN
  FOR portion IN
    SELECT array_agg(id ORDER BY id) AS ids, array_agg(creator_id ORDER BY id) AS creators,
           array_agg(fan_id ORDER BY id) AS fans, array_agg(cents ORDER BY id) AS amounts
      FROM (SELECT id, creator_id, fan_id, payment_cents(status, amount, tip) AS cents, row_number() OVER (ORDER BY id) AS place
              FROM added WHERE payment_cents(status, amount, tip) <> 0) AS p
     GROUP BY place / 1000 ORDER BY place / 1000
  LOOP
    PERFORM ledger_post_payments(portion.ids, portion.creators, portion.fans, portion.amounts);
  END LOOP;
  RETURN NULL;
END
$$;

-- A transfer for each payment, from the money that is being collected to the creator.
CREATE FUNCTION ledger_post_payments(ids bigint[], creators bigint[], fans bigint[], amounts bigint[]) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  transfers record;
  legs record;
BEGIN
  SELECT array_agg('payment:' || id ORDER BY id) AS keys, array_agg('payment'::text) AS kinds,
         array_agg(''::text) AS memos, array_agg(NULL::bigint) AS reverses
    INTO transfers
    FROM unnest(ids) AS id;
  SELECT array_agg(n::integer ORDER BY n, side) AS numbers,
         array_agg(CASE side WHEN 1 THEN 'user' ELSE 'clearing' END ORDER BY n, side) AS roles,
         array_agg(CASE side WHEN 1 THEN creator ELSE fan END ORDER BY n, side) AS owners,
         array_agg('cents'::text) AS assets,
         array_agg(CASE side WHEN 1 THEN amount ELSE -amount END ORDER BY n, side) AS amounts
    INTO legs
    FROM unnest(creators, fans, amounts) WITH ORDINALITY AS p (creator, fan, amount, n), generate_series(1, 2) AS side;
  PERFORM ledger_post(transfers.keys, transfers.kinds, transfers.memos, transfers.reverses, ids,
                      legs.numbers, legs.roles, legs.owners, legs.assets, legs.amounts);
END
$$;

CREATE TRIGGER trg_payments_post_insert
  AFTER INSERT ON payments
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION post_new_payments();

-- A payment that is completed later is posted then. One that is mended, refunded, failed after all or deleted: what was posted for it is taken from its old creator and given to the new one. Payments
-- from before the ledger are not in it, and neither is what becomes of them.
CREATE FUNCTION post_mended_payment() RETURNS trigger
  LANGUAGE plpgsql
AS $$
DECLARE
  is_first boolean;
  after record;
  legs record;
  result text;
BEGIN
  after := OLD;
  IF TG_OP = 'DELETE' THEN
    after.status := 'deleted';
  ELSE
    after := NEW;
  END IF;
  is_first := NOT EXISTS (SELECT FROM ledger_transfers WHERE payment_id = OLD.id);
  IF is_first AND payment_cents(OLD.status, OLD.amount, OLD.tip) <> 0 THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(1) AS numbers, array_agg(leg.role) AS roles, array_agg(leg.owner) AS owners,
         array_agg('cents'::text) AS assets, array_agg(leg.amount) AS amounts
    INTO legs
    FROM (SELECT role, owner, sum(amount)::bigint AS amount
            FROM (VALUES ('user', OLD.creator_id, -payment_cents(OLD.status, OLD.amount, OLD.tip)),
                         ('user', after.creator_id, payment_cents(after.status, after.amount, after.tip)),
                         ('clearing', OLD.fan_id & 15, payment_cents(OLD.status, OLD.amount, OLD.tip)),
                         ('clearing', after.fan_id & 15, -payment_cents(after.status, after.amount, after.tip))) AS l (role, owner, amount)
           GROUP BY role, owner HAVING sum(amount) <> 0 ORDER BY role DESC, owner) AS leg;
  IF legs.numbers IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT posted.outcome INTO result
    FROM ledger_post(ARRAY['payment:' || OLD.id || CASE WHEN is_first THEN '' ELSE ':' || gen_random_uuid() END],
                     ARRAY[CASE WHEN is_first THEN 'payment' ELSE 'correction' END], ARRAY[''],
                     ARRAY[NULL::bigint], ARRAY[OLD.id], legs.numbers, legs.roles, legs.owners, legs.assets,
                     legs.amounts) AS posted;
  IF result <> 'posted' THEN
    RAISE check_violation USING
      MESSAGE = 'The creator of the payment does not hold what the change takes from them.',
      TABLE = 'ledger_accounts', CONSTRAINT = 'chk_ledger_accounts_balance';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER trg_payments_post_update
  AFTER UPDATE ON payments
  FOR EACH ROW
  WHEN ((OLD.creator_id, OLD.fan_id, OLD.status, OLD.amount + OLD.tip)
    IS DISTINCT FROM (NEW.creator_id, NEW.fan_id, NEW.status, NEW.amount + NEW.tip))
  EXECUTE FUNCTION post_mended_payment();
CREATE TRIGGER trg_payments_post_delete
  AFTER DELETE ON payments
  FOR EACH ROW EXECUTE FUNCTION post_mended_payment();

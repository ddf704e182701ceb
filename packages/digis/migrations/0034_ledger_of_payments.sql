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

-- A payment that is completed later is posted then. One that is mended, refunded, failed after all or deleted: what was
-- posted for it is taken from its old creator and given to the new one. Payments from before the ledger are not in it, and
-- neither is what becomes of them. By the statement and not by the row, so that accounts are locked in one order.
CREATE FUNCTION post_changed_payments() RETURNS trigger
  LANGUAGE plpgsql
AS $$
DECLARE
  c record;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT array_agg(o.id ORDER BY o.id) AS ids,
           array_agg(o.creator_id ORDER BY o.id) AS old_creators, array_agg(o.fan_id ORDER BY o.id) AS old_fans,
           array_agg(payment_cents(o.status, o.amount, o.tip) ORDER BY o.id) AS old_cents,
           array_agg(n.creator_id ORDER BY o.id) AS new_creators, array_agg(n.fan_id ORDER BY o.id) AS new_fans,
           array_agg(payment_cents(n.status, n.amount, n.tip) ORDER BY o.id) AS new_cents
      INTO c
      FROM removed AS o JOIN added AS n ON n.id = o.id
     WHERE (o.creator_id, o.fan_id, payment_cents(o.status, o.amount, o.tip))
           IS DISTINCT FROM (n.creator_id, n.fan_id, payment_cents(n.status, n.amount, n.tip));
  ELSE
    SELECT array_agg(o.id ORDER BY o.id) AS ids,
           array_agg(o.creator_id ORDER BY o.id) AS old_creators, array_agg(o.fan_id ORDER BY o.id) AS old_fans,
           array_agg(payment_cents(o.status, o.amount, o.tip) ORDER BY o.id) AS old_cents,
           array_agg(o.creator_id ORDER BY o.id) AS new_creators, array_agg(o.fan_id ORDER BY o.id) AS new_fans,
           array_agg(0::bigint) AS new_cents
      INTO c
      FROM removed AS o
     WHERE payment_cents(o.status, o.amount, o.tip) <> 0;
  END IF;
  FOR start IN 1 .. coalesce(cardinality(c.ids), 0) BY 1000 LOOP
    PERFORM ledger_correct_payments(
      c.ids[start:start + 999], c.old_creators[start:start + 999], c.old_fans[start:start + 999],
      c.old_cents[start:start + 999], c.new_creators[start:start + 999], c.new_fans[start:start + 999],
      c.new_cents[start:start + 999]);
  END LOOP;
  RETURN NULL;
END
$$;

-- A transfer for each payment that moves anything.
CREATE FUNCTION ledger_correct_payments(
  ids bigint[], old_creators bigint[], old_fans bigint[], old_cents bigint[],
  new_creators bigint[], new_fans bigint[], new_cents bigint[]
) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  legs record;
  transfers record;
BEGIN
  SELECT array_agg(place::integer ORDER BY place, role DESC, owner) AS numbers,
         array_agg(role ORDER BY place, role DESC, owner) AS roles,
         array_agg(owner ORDER BY place, role DESC, owner) AS owners, array_agg('cents'::text) AS assets,
         array_agg(amount ORDER BY place, role DESC, owner) AS amounts,
         array_agg(DISTINCT id) AS moved
    INTO legs
    FROM (SELECT id, dense_rank() OVER (ORDER BY id) AS place, role, owner, sum(amount)::bigint AS amount
            FROM unnest(ids, old_creators, old_fans, old_cents, new_creators, new_fans, new_cents)
                   AS p (id, old_creator, old_fan, taken, new_creator, new_fan, given)
           CROSS JOIN LATERAL (VALUES ('user', p.old_creator, -p.taken), ('user', p.new_creator, p.given),
                                      ('clearing', p.old_fan & 15, p.taken), ('clearing', p.new_fan & 15, -p.given))
                   AS l (role, owner, amount)
           WHERE p.taken = 0 OR EXISTS (SELECT FROM ledger_transfers AS t WHERE t.payment_id = p.id)
           GROUP BY id, role, owner HAVING sum(amount) <> 0) AS leg;
  IF legs.numbers IS NULL THEN
    RETURN;
  END IF;
  SELECT array_agg('payment:' || id || CASE WHEN is_first THEN '' ELSE ':' || gen_random_uuid() END ORDER BY id) AS keys,
         array_agg(CASE WHEN is_first THEN 'payment' ELSE 'correction' END ORDER BY id) AS kinds,
         array_agg(''::text) AS memos, array_agg(NULL::bigint) AS reverses
    INTO transfers
    FROM (SELECT m.id, NOT EXISTS (SELECT FROM ledger_transfers AS t WHERE t.payment_id = m.id) AS is_first
            FROM unnest(legs.moved) AS m (id)) AS p;
  IF EXISTS (SELECT FROM ledger_post(transfers.keys, transfers.kinds, transfers.memos, transfers.reverses, legs.moved,
                                     legs.numbers, legs.roles, legs.owners, legs.assets, legs.amounts)
              WHERE outcome <> 'posted') THEN
    RAISE check_violation USING
      MESSAGE = 'The creator of the payment does not hold what the change takes from them.',
      TABLE = 'ledger_accounts', CONSTRAINT = 'chk_ledger_accounts_balance';
  END IF;
END
$$;

CREATE TRIGGER trg_payments_post_update
  AFTER UPDATE ON payments
  REFERENCING OLD TABLE AS removed NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION post_changed_payments();
CREATE TRIGGER trg_payments_post_delete
  AFTER DELETE ON payments
  REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION post_changed_payments();

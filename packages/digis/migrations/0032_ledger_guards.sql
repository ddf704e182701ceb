-- What holds for whoever writes, the functions above included.

-- Every transfer balances, in each asset. Looked at before COMMIT, because a transfer is there before its entries.
CREATE FUNCTION ledger_check_balanced() RETURNS trigger
  LANGUAGE plpgsql
  SET enable_seqscan = off
AS $$
BEGIN
  IF EXISTS (SELECT FROM ledger_entries AS e JOIN ledger_accounts AS a ON a.id = e.account_id
              WHERE e.transfer_id = NEW.id GROUP BY a.asset HAVING sum(e.amount) <> 0)
     OR NOT EXISTS (SELECT FROM ledger_entries AS e WHERE e.transfer_id = NEW.id) THEN
    RAISE check_violation USING
      MESSAGE = 'The entries of a transfer do not add up to zero.',
      TABLE = 'ledger_transfers', CONSTRAINT = 'chk_ledger_transfers_balanced';
  END IF;
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER trg_ledger_transfers_balanced
  AFTER INSERT ON ledger_transfers
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ledger_check_balanced();

-- A transfer is closed with the transaction that made it, so that what was balanced once stays so.
CREATE FUNCTION ledger_check_open() RETURNS trigger
  LANGUAGE plpgsql
  SET enable_seqscan = off
AS $$
BEGIN
  IF EXISTS (SELECT FROM added AS e JOIN ledger_transfers AS t ON t.id = e.transfer_id
              WHERE t.posted_in <> pg_current_xact_id()) THEN
    RAISE check_violation USING
      MESSAGE = 'An entry belongs to a transfer of an earlier transaction.',
      TABLE = 'ledger_entries', CONSTRAINT = 'chk_ledger_entries_open';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER trg_ledger_entries_open
  AFTER INSERT ON ledger_entries
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_open();

-- No balance without the entry that made it: the last entry of an account says what the account holds.
CREATE FUNCTION ledger_check_account() RETURNS trigger
  LANGUAGE plpgsql
  SET enable_seqscan = off
AS $$
BEGIN
  IF (NEW.version <> 0 OR NEW.balance <> 0)
     AND NOT EXISTS (SELECT FROM ledger_entries AS e
                      WHERE e.account_id = NEW.id AND e.account_version = NEW.version AND e.balance_after = NEW.balance) THEN
    RAISE check_violation USING
      MESSAGE = 'The balance of an account is not that of its last entry.',
      TABLE = 'ledger_accounts', CONSTRAINT = 'chk_ledger_accounts_entry';
  END IF;
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER trg_ledger_accounts_entry
  AFTER INSERT OR UPDATE ON ledger_accounts
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ledger_check_account();

CREATE FUNCTION ledger_refuse_change() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  RAISE integrity_constraint_violation USING
    MESSAGE = format('Rows of %I are never changed or deleted (%s).', TG_TABLE_NAME, TG_OP),
    HINT = 'Take a transfer back by ledger_reverse; anonymise a user who leaves.',
    TABLE = TG_TABLE_NAME, CONSTRAINT = format('chk_%s_append_only', TG_TABLE_NAME);
END
$$;

CREATE TRIGGER trg_ledger_entries_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER trg_ledger_transfers_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfers
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER trg_ledger_accounts_append_only
  BEFORE DELETE OR TRUNCATE ON ledger_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER trg_ledger_accounts_identity
  BEFORE UPDATE ON ledger_accounts
  FOR EACH ROW
  WHEN ((OLD.id, OLD.user_id, OLD.role, OLD.asset, OLD.slot) IS DISTINCT FROM (NEW.id, NEW.user_id, NEW.role, NEW.asset, NEW.slot))
  EXECUTE FUNCTION ledger_refuse_change();

-- Everything that does not fit, by what it is: no row as long as the ledger is right. It reads all of it.
CREATE FUNCTION ledger_problems() RETURNS TABLE (problem text, id bigint)
  LANGUAGE sql
  STABLE
AS $$
  SELECT 'transfer-unbalanced', e.transfer_id
    FROM ledger_entries AS e JOIN ledger_accounts AS a ON a.id = e.account_id
   GROUP BY e.transfer_id, a.asset HAVING sum(e.amount) <> 0
  UNION ALL
  SELECT 'transfer-empty', t.id FROM ledger_transfers AS t
   WHERE NOT EXISTS (SELECT FROM ledger_entries AS e WHERE e.transfer_id = t.id)
  UNION ALL
  SELECT 'balance-drifted', a.id
    FROM ledger_accounts AS a LEFT JOIN ledger_entries AS e ON e.account_id = a.id
   GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0) OR a.version <> count(e.account_id)
  UNION ALL
  SELECT 'version-gap', e.account_id
    FROM (SELECT account_id, account_version, amount, balance_after,
                 lag(account_version, 1, 0::bigint) OVER earlier AS version_before,
                 lag(balance_after, 1, 0::bigint) OVER earlier AS balance_before
            FROM ledger_entries WINDOW earlier AS (PARTITION BY account_id ORDER BY account_version)) AS e
   WHERE e.account_version <> e.version_before + 1 OR e.balance_after <> e.balance_before + e.amount
  UNION ALL
  SELECT 'negative', a.id FROM ledger_accounts AS a WHERE a.role = 'user' AND a.balance < 0
  UNION ALL
  SELECT 'negative-meanwhile', a.id FROM ledger_accounts AS a JOIN ledger_entries AS e ON e.account_id = a.id
   WHERE a.role = 'user' AND e.balance_after < 0
  UNION ALL
  SELECT 'token-account-drifted', coalesce(t.user_id, a.user_id)
    FROM token_accounts AS t
    FULL JOIN (SELECT * FROM ledger_accounts WHERE role = 'user' AND asset = 'tokens') AS a ON a.user_id = t.user_id
   WHERE t.balance IS DISTINCT FROM a.balance
$$;

-- How many tokens a user holds, in whole tokens; a user without a row holds none.

CREATE TABLE token_accounts (
  user_id bigint PRIMARY KEY,
  balance bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT fk_token_accounts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
  -- The upper bound is 2^53 - 1: every balance is exact as a JavaScript number.
  CONSTRAINT chk_token_accounts_balance CHECK (balance BETWEEN 0 AND 9007199254740991)
) WITH (fillfactor = 70); -- balances change often: the new version of a row finds room beside the old one

CREATE TRIGGER trg_token_accounts_updated_at
  BEFORE UPDATE ON token_accounts
  FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION set_updated_at();

-- The ledger: double entry in whole minor units. A transfer moves amounts between accounts; each of its entries
-- changes one account, and what one account gains others lose. Nothing in it is ever changed or deleted.

CREATE TABLE ledger_accounts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Whose it is; the platform's own accounts have nobody.
  user_id bigint,
  -- 'mint': where tokens come from and go to. 'platform': what the platform itself holds. 'clearing': money that
  -- payment providers collect. 'payouts': money that was sent to creators.
  role text NOT NULL,
  -- What is counted: tokens, or cents of the platform's currency.
  asset text NOT NULL,
  -- An account of the platform is split in 16, so that postings of different users do not wait for one row.
  slot smallint NOT NULL DEFAULT 0,
  balance bigint NOT NULL DEFAULT 0,
  -- How many entries the account has; that of its last one.
  version bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT uq_ledger_accounts_user UNIQUE (user_id, asset),
  CONSTRAINT fk_ledger_accounts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT chk_ledger_accounts_role CHECK (role IN ('user', 'mint', 'platform', 'clearing', 'payouts')),
  CONSTRAINT chk_ledger_accounts_user CHECK ((role = 'user') = (user_id IS NOT NULL)),
  CONSTRAINT chk_ledger_accounts_asset CHECK (asset IN ('tokens', 'cents')),
  CONSTRAINT chk_ledger_accounts_slot CHECK (slot BETWEEN 0 AND 15 AND (slot = 0 OR role <> 'user')),
  CONSTRAINT chk_ledger_accounts_version CHECK (version >= 0),
  -- The upper bound is 2^53 - 1: what a user holds is exact as a JavaScript number.
  CONSTRAINT chk_ledger_accounts_balance CHECK (role <> 'user' OR balance BETWEEN 0 AND 9007199254740991)
) WITH (fillfactor = 70); -- balances change often: the new version of a row finds room beside the old one

CREATE UNIQUE INDEX uq_ledger_accounts_slot ON ledger_accounts (role, asset, slot) WHERE user_id IS NULL;

INSERT INTO ledger_accounts (role, asset, slot)
SELECT role, asset, slot
  FROM (VALUES ('mint', 'tokens'), ('platform', 'tokens'), ('platform', 'cents'), ('clearing', 'cents'),
               ('payouts', 'cents')) AS owned (role, asset)
 CROSS JOIN generate_series(0, 15) AS slot;

CREATE TABLE ledger_transfers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  -- The same key is the same transfer: it is posted once, however often it is asked for.
  idempotency_key text COLLATE "C" NOT NULL,
  -- SHA-256 of all that makes the transfer what it is.
  request_hash bytea NOT NULL,
  memo text NOT NULL DEFAULT '',
  -- The transfer that this one takes back.
  reverses_id bigint,
  -- The payment of a session that it stands for. No foreign key: payments may be partitioned, and old ones let go.
  payment_id bigint,
  -- The transaction that made it, the only one that may add entries.
  posted_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT uq_ledger_transfers_idempotency_key UNIQUE (idempotency_key),
  -- Nothing is taken back twice.
  CONSTRAINT uq_ledger_transfers_reverses UNIQUE (reverses_id),
  CONSTRAINT fk_ledger_transfers_reverses FOREIGN KEY (reverses_id) REFERENCES ledger_transfers (id) ON DELETE RESTRICT,
  CONSTRAINT chk_ledger_transfers_kind CHECK (kind IN ('opening', 'adjustment', 'purchase', 'spend', 'tip', 'earn',
    'payment', 'correction', 'payout', 'redeem', 'refund', 'reversal')),
  -- Printable ASCII. One pattern with {1,255} in it would cost more than all other checks together.
  CONSTRAINT chk_ledger_transfers_idempotency_key CHECK (
    octet_length(idempotency_key) BETWEEN 1 AND 255 AND idempotency_key !~ '[^ -~]'),
  CONSTRAINT chk_ledger_transfers_request_hash CHECK (octet_length(request_hash) = 32),
  CONSTRAINT chk_ledger_transfers_memo CHECK (char_length(memo) <= 500),
  CONSTRAINT chk_ledger_transfers_reverses CHECK ((kind IN ('refund', 'reversal')) = (reverses_id IS NOT NULL))
);

CREATE INDEX idx_ledger_transfers_payment_id ON ledger_transfers (payment_id);

CREATE TABLE ledger_entries (
  account_id bigint NOT NULL,
  -- Counts the entries of the account from 1, without a gap.
  account_version bigint NOT NULL,
  transfer_id bigint NOT NULL,
  amount bigint NOT NULL,
  balance_after bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Carries the foreign key and the statement of account, newest first.
  PRIMARY KEY (account_id, account_version),
  CONSTRAINT uq_ledger_entries_transfer UNIQUE (transfer_id, account_id),
  CONSTRAINT fk_ledger_entries_account FOREIGN KEY (account_id) REFERENCES ledger_accounts (id) ON DELETE RESTRICT,
  CONSTRAINT fk_ledger_entries_transfer FOREIGN KEY (transfer_id) REFERENCES ledger_transfers (id) ON DELETE RESTRICT,
  CONSTRAINT chk_ledger_entries_account_version CHECK (account_version >= 1),
  CONSTRAINT chk_ledger_entries_amount CHECK (amount <> 0 AND abs(amount) <= 9007199254740991)
);

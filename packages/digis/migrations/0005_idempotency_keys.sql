-- What callers were answered, by the key that they sent with a request: the same request is applied once, however
-- often it arrives. A row is written in the transaction of the change that it stands for, so there is one exactly
-- where the change was made. It may go a day later.

CREATE TABLE idempotency_keys (
  -- Who asked: keys of different callers have nothing to do with each other.
  subject text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  route text NOT NULL,
  -- SHA-256 of all that makes the request what it is.
  request_hash bytea NOT NULL,
  -- The answer. It is absent only for the transaction that is about to make it.
  status smallint,
  location text,
  -- Not jsonb: the answer is repeated as it was.
  body json,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject, key),
  CONSTRAINT chk_idempotency_keys_subject CHECK (char_length(subject) BETWEEN 1 AND 255),
  CONSTRAINT chk_idempotency_keys_key CHECK (key ~ '^[ -~]{1,255}$'),
  CONSTRAINT chk_idempotency_keys_request_hash CHECK (octet_length(request_hash) = 32),
  CONSTRAINT chk_idempotency_keys_status CHECK (status BETWEEN 200 AND 299)
);

-- For the rows that may go.
CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys (created_at);

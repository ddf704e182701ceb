-- Payments for sessions. Nothing that a payment refers to can be deleted: a user who leaves is anonymised.

CREATE TABLE payments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id bigint NOT NULL,
  -- Both copied from the session by a trigger, so that histories and earnings read one table.
  creator_id bigint NOT NULL,
  fan_id bigint NOT NULL,
  -- Decimal because the DIGIS contract speaks decimals; 'NaN' is above every number, so the checks refuse it too.
  amount numeric(10, 2) NOT NULL,
  tip numeric(10, 2) NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT fk_payments_session FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE RESTRICT,
  CONSTRAINT fk_payments_creator FOREIGN KEY (creator_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT fk_payments_fan FOREIGN KEY (fan_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT chk_payments_amount CHECK (amount BETWEEN 0 AND 1000000),
  CONSTRAINT chk_payments_tip CHECK (tip BETWEEN 0 AND 1000000),
  CONSTRAINT chk_payments_created_at CHECK (isfinite(created_at))
);

CREATE INDEX idx_payments_session_id ON payments (session_id);
CREATE INDEX idx_payments_creator_id ON payments (creator_id, created_at DESC, id DESC);
CREATE INDEX idx_payments_fan_id ON payments (fan_id, created_at DESC, id DESC);

-- Fills creator_id and fan_id, whatever the statement says of them. An absent session is the foreign key's error.
CREATE FUNCTION set_payment_parties() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
BEGIN
  SELECT creator_id, fan_id INTO NEW.creator_id, NEW.fan_id FROM sessions WHERE id = NEW.session_id;
  IF NOT FOUND AND NEW.session_id IS NOT NULL THEN
    RAISE foreign_key_violation USING
      MESSAGE = 'insert or update on table "payments" violates foreign key constraint "fk_payments_session"',
      DETAIL = format('Key (session_id)=(%s) is not present in table "sessions".', NEW.session_id),
      SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = 'fk_payments_session';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER trg_payments_parties
  BEFORE INSERT OR UPDATE OF session_id, creator_id, fan_id ON payments
  FOR EACH ROW
  EXECUTE FUNCTION set_payment_parties();

CREATE TRIGGER trg_payments_updated_at
  BEFORE UPDATE ON payments
  FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION set_updated_at();

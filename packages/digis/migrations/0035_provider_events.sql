-- The inbox of payment providers: what they report, each event once. An event is written in the transaction of its
-- posting, so there is a row exactly where it was applied; one that comes again finds it.

CREATE TABLE provider_events (
  event_id text COLLATE "C" PRIMARY KEY,
  type text NOT NULL,
  -- SHA-256 of the event's content: the same id with another content is a mistake that somebody has to see.
  content_hash bytea NOT NULL,
  -- 'posted', 'ignored' (a type that concerns nobody here) or 'refused' (it fits, and the ledger does not allow it).
  outcome text NOT NULL,
  transfer_id bigint,
  received_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT fk_provider_events_transfer FOREIGN KEY (transfer_id) REFERENCES ledger_transfers (id) ON DELETE RESTRICT,
  CONSTRAINT chk_provider_events_event_id CHECK (octet_length(event_id) BETWEEN 1 AND 200 AND event_id !~ '[^ -~]'),
  CONSTRAINT chk_provider_events_type CHECK (char_length(type) BETWEEN 1 AND 100),
  CONSTRAINT chk_provider_events_content_hash CHECK (octet_length(content_hash) = 32),
  CONSTRAINT chk_provider_events_outcome CHECK (outcome IN ('posted', 'ignored', 'refused')),
  CONSTRAINT chk_provider_events_transfer CHECK ((outcome = 'posted') = (transfer_id IS NOT NULL))
);

CREATE INDEX idx_provider_events_transfer_id ON provider_events (transfer_id);
-- What somebody has to look at.
CREATE INDEX idx_provider_events_refused ON provider_events (received_at) WHERE outcome = 'refused';

CREATE TRIGGER trg_provider_events_append_only
  BEFORE DELETE OR TRUNCATE ON provider_events
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Takes an event in and posts what it says: `outcome` is that of the row, or 'duplicate' for one that was here before
-- with the same content. Raises unique_violation for another content; what it raises leaves no row, so that the
-- provider sends it again.
--
-- tokens.purchased: user, tokens, cents. tokens.refunded: `original` is the id of the event of the purchase.
-- payout.failed: `original` is the transfer of the payout.
CREATE FUNCTION ledger_receive(event text, type text, hash bytea, beneficiary bigint, tokens bigint, cents bigint, original text)
  RETURNS TABLE (outcome text, transfer_id bigint)
  LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
  posted record;
  target bigint;
  result text;
BEGIN
  -- 'ignored' until it is posted. A transaction that takes in the same event is waited for here.
  INSERT INTO provider_events (event_id, type, content_hash, outcome) VALUES (event, type, hash, 'ignored')
      ON CONFLICT ON CONSTRAINT provider_events_pkey DO NOTHING;
  IF NOT FOUND THEN
    IF EXISTS (SELECT FROM provider_events AS p WHERE p.event_id = event AND p.content_hash <> hash) THEN
      RAISE unique_violation USING
        MESSAGE = 'There is an event of this id with another content.',
        TABLE = 'provider_events', CONSTRAINT = 'provider_events_pkey';
    END IF;
    RETURN QUERY SELECT 'duplicate', p.transfer_id FROM provider_events AS p WHERE p.event_id = event;
    RETURN;
  END IF;

  IF type = 'tokens.purchased' THEN
    SELECT * INTO posted FROM ledger_post(
      ARRAY['event:' || event], ARRAY['purchase'], ARRAY[''], ARRAY[NULL::bigint], ARRAY[NULL::bigint],
      ARRAY[1, 1, 1, 1], ARRAY['user', 'mint', 'clearing', 'platform'],
      ARRAY[beneficiary, beneficiary, beneficiary, beneficiary], ARRAY['tokens', 'tokens', 'cents', 'cents'],
      ARRAY[tokens, -tokens, -cents, cents]);
  ELSIF type IN ('tokens.refunded', 'payout.failed') THEN
    target := ledger_original_of(type, original);
    IF EXISTS (SELECT FROM ledger_transfers AS t WHERE t.reverses_id = target) THEN
      UPDATE provider_events AS p SET outcome = 'refused' WHERE p.event_id = event;
      RETURN QUERY SELECT 'refused', NULL::bigint;
      RETURN;
    END IF;
    SELECT * INTO posted FROM ledger_reverse(
      target, CASE type WHEN 'payout.failed' THEN 'reversal' ELSE 'refund' END, 'event:' || event, '');
  ELSE
    RETURN QUERY SELECT 'ignored', NULL::bigint;
    RETURN;
  END IF;

  result := CASE posted.outcome WHEN 'insufficient' THEN 'refused' ELSE 'posted' END;
  UPDATE provider_events AS p SET outcome = result, transfer_id = posted.transfer_id WHERE p.event_id = event;
  RETURN QUERY SELECT result, posted.transfer_id;
END
$$;

-- The transfer that an event wants taken back. Raises no_data_found when there is none: its own event may be late.
CREATE FUNCTION ledger_original_of(type text, original text) RETURNS bigint
  LANGUAGE plpgsql
AS $$
DECLARE
  found_id bigint;
BEGIN
  IF type = 'tokens.refunded' THEN
    SELECT p.transfer_id INTO found_id FROM provider_events AS p JOIN ledger_transfers AS t ON t.id = p.transfer_id
     WHERE p.event_id = original AND t.kind = 'purchase';
  ELSIF original ~ '^[1-9][0-9]{0,17}$' THEN
    SELECT t.id INTO found_id FROM ledger_transfers AS t
     WHERE t.id = original::bigint AND t.kind IN ('payout', 'redeem');
  END IF;
  IF found_id IS NULL THEN
    RAISE no_data_found USING MESSAGE = 'There is no such transfer.', TABLE = 'ledger_transfers';
  END IF;
  RETURN found_id;
END
$$;

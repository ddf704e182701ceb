-- How far a payment has come. Only completed ones are anybody's earnings.
ALTER TABLE payments
  ADD COLUMN status text NOT NULL DEFAULT 'completed',
  ADD CONSTRAINT chk_payments_status CHECK (status IN ('pending', 'completed', 'failed', 'refunded')) NOT VALID;

--! no-transaction
-- The few that somebody still waits for, oldest first.
CREATE INDEX CONCURRENTLY idx_payments_pending ON payments (created_at) WHERE status = 'pending';

-- DIGIS on Citus: everything of one creator on one node. Sessions, payments and daily statistics are distributed by
-- creator_id; users are copied to every node; all else stays on the coordinator. To be run once, in a maintenance window,
-- as a whole:
--
--   psql -v ON_ERROR_STOP=1 -1 -f citus.sql
--
-- Without the extension it only makes the keys as Citus needs them: each holds creator_id. That is valid on any
-- PostgreSQL, and everything of DIGIS works as before. What changes in the application with the extension is told in
-- docs/guides/scaling.md. Sessions and payments must not be partitioned by month yet.

ALTER TABLE payments DROP CONSTRAINT fk_payments_session;
ALTER TABLE sessions DROP CONSTRAINT sessions_pkey;
ALTER TABLE payments DROP CONSTRAINT payments_pkey;
ALTER TABLE sessions ADD CONSTRAINT sessions_pkey PRIMARY KEY (creator_id, id);
ALTER TABLE payments ADD CONSTRAINT payments_pkey PRIMARY KEY (creator_id, id);
ALTER TABLE payments ADD CONSTRAINT fk_payments_session
  FOREIGN KEY (creator_id, session_id) REFERENCES sessions (creator_id, id) ON DELETE RESTRICT;

-- Not unique, which they cannot be any more: numbers come from one sequence and are found by themselves.
CREATE INDEX idx_sessions_id ON sessions (id);
CREATE INDEX idx_payments_id ON payments (id);
-- The foreign key begins with creator_id now.
DROP INDEX idx_payments_session_id;
CREATE INDEX idx_payments_session_id ON payments (creator_id, session_id);

DO $$
BEGIN
  IF NOT has_extension('citus') THEN
    RAISE NOTICE 'The extension citus is not installed in this database: the keys are ready, nothing is distributed.';
    RETURN;
  END IF;
  -- The triggers of these tables stay within one creator, so that each node can run them for its own rows.
  PERFORM set_config('citus.enable_unsafe_triggers', 'on', true);
  EXECUTE 'SELECT create_reference_table(''users'')';
  EXECUTE 'SELECT create_distributed_table(''sessions'', ''creator_id'')';
  EXECUTE 'SELECT create_distributed_table(''payments'', ''creator_id'', colocate_with => ''sessions'')';
  EXECUTE 'SELECT create_distributed_table(''creator_daily_stats'', ''creator_id'', colocate_with => ''sessions'')';
END
$$;

-- One policy for each command and role; what has none is refused. Grants come first: a role without the right to a
-- column is refused before any policy is asked. The tables' owner is not bound (no FORCE), so that an installation that
-- hands no identity over keeps working, and so do its triggers and foreign keys.

DO $usage$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO anon, authenticated, app_service', current_schema());
END
$usage$;

-- Creators are public; everybody is shown to who is signed in; one changes oneself.
GRANT SELECT ON users TO anon, authenticated, app_service;
GRANT INSERT (supabase_id, is_creator, bio, profile_pic_url, price_per_min),
  UPDATE (is_creator, bio, profile_pic_url, price_per_min) ON users TO authenticated;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY users_select_anon ON users FOR SELECT TO anon USING (is_creator);
CREATE POLICY users_select_authenticated ON users FOR SELECT TO authenticated USING (true);
CREATE POLICY users_select_app_service ON users FOR SELECT TO app_service USING (true);
CREATE POLICY users_insert_authenticated ON users FOR INSERT TO authenticated
  WITH CHECK (supabase_id = (SELECT digis_private.subject()));
CREATE POLICY users_update_authenticated ON users FOR UPDATE TO authenticated
  USING (supabase_id = (SELECT digis_private.subject()))
  WITH CHECK (supabase_id = (SELECT digis_private.subject()));

-- Sessions are their two people's; the fan starts one, either ends it.
GRANT SELECT, INSERT (creator_id, fan_id, type), UPDATE (end_time) ON sessions TO authenticated;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY sessions_select_authenticated ON sessions FOR SELECT TO authenticated
  USING (creator_id = (SELECT digis_private.own_id()) OR fan_id = (SELECT digis_private.own_id()));
CREATE POLICY sessions_insert_authenticated ON sessions FOR INSERT TO authenticated
  WITH CHECK (fan_id = (SELECT digis_private.own_id()));
CREATE POLICY sessions_update_authenticated ON sessions FOR UPDATE TO authenticated
  USING (creator_id = (SELECT digis_private.own_id()) OR fan_id = (SELECT digis_private.own_id()))
  WITH CHECK (creator_id = (SELECT digis_private.own_id()) OR fan_id = (SELECT digis_private.own_id()));

-- Payments are made by the fan and seen by both; nobody changes one. The trigger has filled in the two people by the
-- time the check is made.
GRANT SELECT, INSERT (session_id, amount, tip) ON payments TO authenticated;
ALTER TABLE payments ENABLE ROW LEVEL SECURITY;
CREATE POLICY payments_select_authenticated ON payments FOR SELECT TO authenticated
  USING (creator_id = (SELECT digis_private.own_id()) OR fan_id = (SELECT digis_private.own_id()));
CREATE POLICY payments_insert_authenticated ON payments FOR INSERT TO authenticated
  WITH CHECK (fan_id = (SELECT digis_private.own_id()));

-- A balance is its holder's to see and the platform's to change.
GRANT SELECT ON token_accounts TO authenticated, app_service;
GRANT INSERT (user_id, balance), UPDATE (balance) ON token_accounts TO app_service;
ALTER TABLE token_accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY token_accounts_select_authenticated ON token_accounts FOR SELECT TO authenticated
  USING (user_id = (SELECT digis_private.own_id()));
CREATE POLICY token_accounts_select_app_service ON token_accounts FOR SELECT TO app_service USING (true);
CREATE POLICY token_accounts_insert_app_service ON token_accounts FOR INSERT TO app_service
  WITH CHECK (balance >= 0);
CREATE POLICY token_accounts_update_app_service ON token_accounts FOR UPDATE TO app_service
  USING (balance >= 0) WITH CHECK (balance >= 0);

-- Keys are their callers'. Those that are old may be locked and deleted by a job, whose-ever they are, and not changed.
GRANT SELECT, INSERT (subject, key, route, request_hash), UPDATE (status, location, body)
  ON idempotency_keys TO authenticated, app_service;
GRANT DELETE ON idempotency_keys TO app_service;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY idempotency_keys_select_authenticated ON idempotency_keys FOR SELECT TO authenticated
  USING (subject = (SELECT digis_private.subject())::text);
CREATE POLICY idempotency_keys_insert_authenticated ON idempotency_keys FOR INSERT TO authenticated
  WITH CHECK (subject = (SELECT digis_private.subject())::text);
CREATE POLICY idempotency_keys_update_authenticated ON idempotency_keys FOR UPDATE TO authenticated
  USING (subject = (SELECT digis_private.subject())::text)
  WITH CHECK (subject = (SELECT digis_private.subject())::text);
CREATE POLICY idempotency_keys_select_app_service ON idempotency_keys FOR SELECT TO app_service
  USING (subject = 'service_role' OR created_at < now() - interval '24 hours');
CREATE POLICY idempotency_keys_insert_app_service ON idempotency_keys FOR INSERT TO app_service
  WITH CHECK (subject = 'service_role');
CREATE POLICY idempotency_keys_update_app_service ON idempotency_keys FOR UPDATE TO app_service
  USING (subject = 'service_role' OR created_at < now() - interval '24 hours')
  WITH CHECK (subject = 'service_role');
CREATE POLICY idempotency_keys_delete_app_service ON idempotency_keys FOR DELETE TO app_service
  USING (created_at < now() - interval '24 hours');

-- Grants and policies of the tables that came after those of 0042, by the same rules. Tables without a policy are their
-- owner's alone, whatever default privileges gave to others.

DO $close$
DECLARE
  target record;
BEGIN
  FOR target IN
    SELECT coalesce(tree.relid, c.oid)::regclass AS name, c.relkind = 'm' AS is_view
      FROM pg_class AS c LEFT JOIN LATERAL pg_partition_tree(c.oid) AS tree ON c.relkind = 'p'
     WHERE c.relnamespace = current_schema()::regnamespace
       AND c.relname IN ('creator_documents', 'search_words', 'creator_daily_stats', 'creator_daily_stats_state',
         'query_statistics', 'partition_policies', 'maintenance_runs', 'ledger_accounts', 'ledger_transfers',
         'ledger_entries', 'provider_events', 'creator_stats')
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, anon, authenticated, app_service', target.name);
    -- Partitions too: each can be reached by its own name.
    IF NOT target.is_view THEN
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target.name);
    END IF;
  END LOOP;
END
$close$;

-- The accounts of the user with that subject; none before joining. Its body is bound when it is called, so that it goes
-- on when a table is replaced by a partitioned one.
DO $create$
BEGIN
  EXECUTE format($function$
    CREATE FUNCTION digis_private.own_accounts() RETURNS bigint[]
      LANGUAGE sql
      STABLE SECURITY DEFINER
      SET search_path = ''
    AS $$ SELECT array_agg(id) FROM %I.ledger_accounts WHERE user_id = (SELECT digis_private.own_id()) $$
  $function$, current_schema());
END
$create$;
REVOKE EXECUTE ON FUNCTION digis_private.own_accounts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION digis_private.own_accounts() TO authenticated;

-- What is searched is public: it is made of the profiles of creators.
GRANT SELECT ON creator_documents, search_words TO anon, authenticated, app_service;
CREATE POLICY creator_documents_select_anon ON creator_documents FOR SELECT TO anon USING (true);
CREATE POLICY creator_documents_select_authenticated ON creator_documents FOR SELECT TO authenticated USING (true);
CREATE POLICY creator_documents_select_app_service ON creator_documents FOR SELECT TO app_service USING (true);
CREATE POLICY search_words_select_anon ON search_words FOR SELECT TO anon USING (true);
CREATE POLICY search_words_select_authenticated ON search_words FOR SELECT TO authenticated USING (true);
CREATE POLICY search_words_select_app_service ON search_words FOR SELECT TO app_service USING (true);

-- A creator's days are the creator's; whether they are all there is nobody's secret.
GRANT SELECT ON creator_daily_stats, creator_daily_stats_state TO authenticated;
GRANT SELECT, UPDATE (complete, reconciled_at) ON creator_daily_stats_state TO app_service;
CREATE POLICY creator_daily_stats_select_authenticated ON creator_daily_stats FOR SELECT TO authenticated
  USING (creator_id = (SELECT digis_private.own_id()));
CREATE POLICY creator_daily_stats_state_select_authenticated ON creator_daily_stats_state FOR SELECT TO authenticated
  USING (true);
CREATE POLICY creator_daily_stats_state_select_app_service ON creator_daily_stats_state FOR SELECT TO app_service
  USING (true);
CREATE POLICY creator_daily_stats_state_update_app_service ON creator_daily_stats_state FOR UPDATE TO app_service
  USING (is_only_row) WITH CHECK (complete);

-- Policies never hold for a materialized view, and this one tells what everybody earned.
GRANT SELECT ON creator_stats TO app_service;

-- Written again when a stretch of time is counted again.
GRANT SELECT, INSERT, UPDATE ON query_statistics TO app_service;
CREATE POLICY query_statistics_select_app_service ON query_statistics FOR SELECT TO app_service USING (true);
CREATE POLICY query_statistics_insert_app_service ON query_statistics FOR INSERT TO app_service
  WITH CHECK (calls >= errors);
CREATE POLICY query_statistics_update_app_service ON query_statistics FOR UPDATE TO app_service
  USING (calls >= errors) WITH CHECK (calls >= errors);

-- People read their own accounts, the entries in them, and what these belong to; not under which keys it was ordered.
-- Nobody writes: that is the functions' part.
GRANT SELECT ON ledger_accounts, ledger_entries TO authenticated;
GRANT SELECT (id, kind, memo, reverses_id, payment_id, created_at) ON ledger_transfers TO authenticated;
GRANT SELECT ON ledger_accounts, ledger_transfers, ledger_entries, provider_events TO app_service;
CREATE POLICY ledger_accounts_select_authenticated ON ledger_accounts FOR SELECT TO authenticated
  USING (user_id = (SELECT digis_private.own_id()));
CREATE POLICY ledger_entries_select_authenticated ON ledger_entries FOR SELECT TO authenticated
  USING (account_id = ANY ((SELECT digis_private.own_accounts())::bigint[]));
-- By the policy of entries: one's own.
CREATE POLICY ledger_transfers_select_authenticated ON ledger_transfers FOR SELECT TO authenticated
  USING (EXISTS (SELECT FROM ledger_entries AS e WHERE e.transfer_id = ledger_transfers.id));
CREATE POLICY ledger_accounts_select_app_service ON ledger_accounts FOR SELECT TO app_service USING (true);
CREATE POLICY ledger_transfers_select_app_service ON ledger_transfers FOR SELECT TO app_service USING (true);
CREATE POLICY ledger_entries_select_app_service ON ledger_entries FOR SELECT TO app_service USING (true);
CREATE POLICY provider_events_select_app_service ON provider_events FOR SELECT TO app_service USING (true);

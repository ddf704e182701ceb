-- When each job that looks after the database ran last, so that of many processes one does the work.
CREATE TABLE maintenance_runs (
  job text PRIMARY KEY,
  ran_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT chk_maintenance_runs_job CHECK (char_length(job) BETWEEN 1 AND 100)
);

-- What creators have done, for leader boards: as old as the last refresh. Money comes from completed payments.
CREATE MATERIALIZED VIEW creator_stats AS
SELECT u.id AS creator_id,
       coalesce(s.sessions, 0) AS sessions,
       coalesce(s.active_sessions, 0) AS active_sessions,
       s.last_session_at,
       coalesce(p.payments, 0) AS payments,
       coalesce(p.total_earnings, 0.00) AS total_earnings,
       coalesce(p.unique_customers, 0) AS unique_customers
  FROM users AS u
  LEFT JOIN (SELECT creator_id, count(*) AS sessions, count(*) FILTER (WHERE end_time IS NULL) AS active_sessions,
                    max(start_time) AS last_session_at
               FROM sessions GROUP BY creator_id) AS s ON s.creator_id = u.id
  LEFT JOIN (SELECT creator_id, count(*) AS payments, sum(amount + tip) AS total_earnings,
                    count(DISTINCT fan_id) AS unique_customers
               FROM payments WHERE status = 'completed' GROUP BY creator_id) AS p ON p.creator_id = u.id
 WHERE u.is_creator;

-- A refresh beside readers needs it.
CREATE UNIQUE INDEX uq_creator_stats_creator_id ON creator_stats (creator_id);
CREATE INDEX idx_creator_stats_total_earnings ON creator_stats (total_earnings DESC, creator_id DESC);

-- Brings creator_stats up to date unless that was done less than `max_age` ago or somebody is at it; true when it was
-- done. Readers go on meanwhile.
CREATE FUNCTION refresh_creator_stats(max_age interval DEFAULT '5 minutes') RETURNS boolean
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('digis.refresh_creator_stats', 0)) THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT FROM maintenance_runs WHERE job = 'creator_stats' AND ran_at > clock_timestamp() - max_age) THEN
    RETURN false;
  END IF;
  REFRESH MATERIALIZED VIEW CONCURRENTLY creator_stats;
  INSERT INTO maintenance_runs (job, ran_at) VALUES ('creator_stats', clock_timestamp())
    ON CONFLICT (job) DO UPDATE SET ran_at = EXCLUDED.ran_at;
  RETURN true;
END
$$;

-- Has pg_cron refresh creator_stats every five minutes, for databases that no DIGIS service looks after. Says what it
-- did; doing it again changes nothing.
CREATE FUNCTION schedule_creator_stats() RETURNS text
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
    RETURN 'pg_cron is not installed in this database: the DIGIS service refreshes creator_stats.';
  END IF;
  EXECUTE format('SELECT cron.schedule(''digis_creator_stats'', ''*/5 * * * *'', %L)',
    format('SELECT %I.refresh_creator_stats(''4 minutes'')', current_schema()));
  RETURN 'pg_cron refreshes creator_stats every five minutes.';
END
$$;

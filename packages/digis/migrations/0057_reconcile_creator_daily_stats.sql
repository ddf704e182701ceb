-- Finding and mending what the triggers of payments and sessions have not counted: rows that were there before them,
-- were written into a partition directly, or while triggers were off.

-- The days of a month or so are found in tables that grow at their end by looking at few blocks.
CREATE INDEX idx_payments_created_at ON payments USING brin (created_at) WITH (autosummarize = on);
CREATE INDEX idx_sessions_start_time ON sessions USING brin (start_time) WITH (autosummarize = on);

-- Compares the kept days with those counted anew, and adds what is missing; returns the differences that it added.
-- Both are of one snapshot, and only differences are added, so that nobody has to stop writing meanwhile. Days of which
-- rows have been dropped for their age are left as they are.
CREATE FUNCTION reconcile_creator_days(first date, last date) RETURNS SETOF creator_daily_stats
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
  SET TimeZone = 'UTC'
AS $$
DECLARE
  kept_from date;
  differences creator_daily_stats[];
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE invalid_transaction_state USING
      MESSAGE = 'reconcile_creator_days needs a transaction of READ COMMITTED.',
      DETAIL = 'With an older snapshot it could add a difference that somebody has already added.';
  END IF;
  -- Of two at once, the second one looks when the first one is through.
  PERFORM pg_advisory_xact_lock(hashtextextended('holdfast.reconcile_creator_days', 0));
  SELECT max(p.dropped_before AT TIME ZONE 'UTC')::date INTO kept_from FROM partition_policies AS p
   WHERE to_regclass(p.table_name) IN ('payments'::regclass, 'sessions'::regclass);
  -- greatest() passes over what is absent.
  first := greatest(first, kept_from);
  WITH both_counts AS (
    SELECT creator_id, day, payments, amount, tips, sessions, ended_sessions, session_seconds
      FROM count_creator_days(first, last)
    UNION ALL
    SELECT creator_id, day, -payments, -amount, -tips, -sessions, -ended_sessions, -session_seconds
      FROM creator_daily_stats WHERE day >= first AND day < last
  ), drift AS (
    SELECT creator_id, day, sum(payments)::bigint AS payments, sum(amount) AS amount, sum(tips) AS tips,
           sum(sessions)::bigint AS sessions, sum(ended_sessions)::bigint AS ended_sessions,
           sum(session_seconds) AS session_seconds
      FROM both_counts GROUP BY creator_id, day
  )
  SELECT array_agg(ROW (d.*)::creator_daily_stats ORDER BY d.creator_id, d.day) INTO differences
    FROM drift AS d
   WHERE (d.payments, d.amount, d.tips, d.sessions, d.ended_sessions, d.session_seconds) <> (0, 0, 0, 0, 0, 0);
  PERFORM add_to_creator_days(differences);
  RETURN QUERY SELECT * FROM unnest(differences);
END
$$;

-- The first day on which there is anything to count, or nothing.
CREATE FUNCTION first_creator_day() RETURNS date
  LANGUAGE sql
  STABLE
  SET search_path FROM CURRENT
AS $$
  SELECT least((SELECT min(created_at) FROM payments), (SELECT min(start_time) FROM sessions)) AT TIME ZONE 'UTC'
$$;

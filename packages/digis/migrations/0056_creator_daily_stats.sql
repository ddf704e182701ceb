-- What each creator did on each day (of UTC), kept up to date by every statement that changes payments or sessions.
-- Sums only: what cannot be added up, such as the number of different fans, is not here.

SELECT create_history('creator_daily_stats', 'day', $$
  creator_id bigint NOT NULL,
  day date NOT NULL,
  payments bigint NOT NULL DEFAULT 0,
  amount numeric(20, 2) NOT NULL DEFAULT 0,
  tips numeric(20, 2) NOT NULL DEFAULT 0,
  -- Sessions count on the day on which they started, and their seconds once they have ended.
  sessions bigint NOT NULL DEFAULT 0,
  ended_sessions bigint NOT NULL DEFAULT 0,
  session_seconds numeric(20, 6) NOT NULL DEFAULT 0,
  CONSTRAINT creator_daily_stats_pkey PRIMARY KEY (creator_id, day),
  CONSTRAINT fk_creator_daily_stats_creator FOREIGN KEY (creator_id) REFERENCES users (id) ON DELETE RESTRICT
$$, NULL);

-- Whether the table holds everything by now. What was there before its triggers is added by reconciling.
CREATE TABLE creator_daily_stats_state (
  is_only_row boolean PRIMARY KEY DEFAULT true,
  complete boolean NOT NULL,
  reconciled_at timestamptz,
  CONSTRAINT chk_creator_daily_stats_state_only_row CHECK (is_only_row)
);

-- Adds differences, which may be negative. The rows are locked in the order of their keys, so that no two statements
-- wait for each other in a circle; days on which nothing changes are not touched.
CREATE FUNCTION add_to_creator_days(differences creator_daily_stats[]) RETURNS void
  LANGUAGE sql
AS $$
  INSERT INTO creator_daily_stats AS s
         (creator_id, day, payments, amount, tips, sessions, ended_sessions, session_seconds)
  SELECT creator_id, day, sum(payments), sum(amount), sum(tips), sum(sessions), sum(ended_sessions), sum(session_seconds)
    FROM unnest(differences) AS d
   GROUP BY creator_id, day
  HAVING (sum(payments), sum(amount), sum(tips), sum(sessions), sum(ended_sessions), sum(session_seconds))
         <> (0, 0, 0, 0, 0, 0)
   ORDER BY creator_id, day
      ON CONFLICT (creator_id, day) DO UPDATE
     SET payments = s.payments + excluded.payments,
         amount = s.amount + excluded.amount,
         tips = s.tips + excluded.tips,
         sessions = s.sessions + excluded.sessions,
         ended_sessions = s.ended_sessions + excluded.ended_sessions,
         session_seconds = s.session_seconds + excluded.session_seconds
$$;

-- A row's part in its day, with the sign 1 where it comes and -1 where it goes.
CREATE FUNCTION payment_in_day(creator_id bigint, created_at timestamptz, amount numeric, tip numeric, sign integer)
  RETURNS creator_daily_stats
  LANGUAGE sql
  IMMUTABLE
RETURN ROW (creator_id, (created_at AT TIME ZONE 'UTC')::date, sign, sign * amount, sign * tip,
  0, 0, 0)::creator_daily_stats;

CREATE FUNCTION session_in_day(creator_id bigint, start_time timestamptz, end_time timestamptz, sign integer)
  RETURNS creator_daily_stats
  LANGUAGE sql
  IMMUTABLE
RETURN ROW (creator_id, (start_time AT TIME ZONE 'UTC')::date, 0, 0, 0,
  sign, CASE WHEN end_time IS NULL THEN 0 ELSE sign END,
  sign * coalesce(extract(epoch FROM end_time - start_time), 0))::creator_daily_stats;

-- Whoever may write payments may count them: the functions act as their owner, and look nowhere else for tables.
-- Where payments have a status, only completed ones count; what it says is decided when the functions are made.
CREATE FUNCTION define_payment_counting() RETURNS void
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $define$
DECLARE
  counts text := CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'payments'::regclass AND attname = 'status'
                                      AND NOT attisdropped) THEN 'status = ''completed''' ELSE 'true' END;
BEGIN
  EXECUTE format($function$
    CREATE OR REPLACE FUNCTION count_payments() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = %2$I, pg_temp
    AS $body$
    DECLARE
      differences creator_daily_stats[];
    BEGIN
      IF TG_OP IN ('INSERT', 'UPDATE') THEN
        differences := ARRAY(SELECT payment_in_day(creator_id, created_at, amount, tip, 1) FROM new_rows WHERE %1$s);
      END IF;
      IF TG_OP IN ('DELETE', 'UPDATE') THEN
        differences := differences
          || ARRAY(SELECT payment_in_day(creator_id, created_at, amount, tip, -1) FROM old_rows WHERE %1$s);
      END IF;
      PERFORM add_to_creator_days(differences);
      RETURN NULL;
    END $body$ $function$, counts, current_schema());
  -- What the days from "first" to before "last" should hold, counted anew: of all creators, and of one.
  EXECUTE format($function$
    CREATE OR REPLACE FUNCTION count_creator_days(first date, last date) RETURNS SETOF creator_daily_stats
      LANGUAGE sql STABLE SET search_path FROM CURRENT AS $body$ %s $body$;
    CREATE OR REPLACE FUNCTION count_days_of_creator(creator bigint, first date, last date) RETURNS SETOF creator_daily_stats
      LANGUAGE sql STABLE SET search_path FROM CURRENT AS $body$ %s $body$ $function$,
    counting_of_days(counts, 'true'), counting_of_days(counts, 'creator_id = creator'));
END
$define$;

-- The text of a query that counts days anew.
CREATE FUNCTION counting_of_days(counts text, of_whom text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
RETURN format($query$
  SELECT creator_id, day, sum(payments)::bigint, sum(amount), sum(tips), sum(sessions)::bigint,
         sum(ended_sessions)::bigint, sum(session_seconds)
    FROM (SELECT creator_id, (created_at AT TIME ZONE 'UTC')::date AS day, 1 AS payments, amount, tip AS tips,
                 0 AS sessions, 0 AS ended_sessions, 0 AS session_seconds
            FROM payments
           WHERE created_at >= first::timestamp AT TIME ZONE 'UTC' AND created_at < last::timestamp AT TIME ZONE 'UTC'
             AND %1$s AND %2$s
          UNION ALL
          SELECT creator_id, (start_time AT TIME ZONE 'UTC')::date, 0, 0, 0, 1, (end_time IS NOT NULL)::integer,
                 coalesce(extract(epoch FROM end_time - start_time), 0)
            FROM sessions
           WHERE start_time >= first::timestamp AT TIME ZONE 'UTC' AND start_time < last::timestamp AT TIME ZONE 'UTC'
             AND %2$s
         ) AS counted
   GROUP BY creator_id, day $query$, counts, of_whom);

SELECT define_payment_counting();

CREATE FUNCTION count_sessions() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path FROM CURRENT
AS $$
DECLARE
  differences creator_daily_stats[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    differences := ARRAY(SELECT session_in_day(creator_id, start_time, end_time, 1) FROM new_rows);
  ELSIF TG_OP = 'DELETE' THEN
    differences := ARRAY(SELECT session_in_day(creator_id, start_time, end_time, -1) FROM old_rows);
  ELSE
    differences := ARRAY(SELECT session_in_day(creator_id, start_time, end_time, 1) FROM new_rows
                   UNION ALL SELECT session_in_day(creator_id, start_time, end_time, -1) FROM old_rows);
  END IF;
  PERFORM add_to_creator_days(differences);
  RETURN NULL;
END
$$;

-- TRUNCATE leaves nothing to count.
CREATE FUNCTION forget_counts() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path FROM CURRENT
AS $$
BEGIN
  IF TG_TABLE_NAME = 'payments' THEN
    UPDATE creator_daily_stats SET payments = 0, amount = 0, tips = 0;
  ELSE
    UPDATE creator_daily_stats SET sessions = 0, ended_sessions = 0, session_seconds = 0;
  END IF;
  RETURN NULL;
END
$$;

-- A temporary table of the caller's must not stand in for one of ours.
DO $$
DECLARE
  counting text;
BEGIN
  FOREACH counting IN ARRAY ARRAY['count_sessions', 'forget_counts'] LOOP
    EXECUTE format('ALTER FUNCTION %I() SET search_path = %I, pg_temp', counting, current_schema());
  END LOOP;
END
$$;

CREATE TRIGGER trg_payments_count_insert AFTER INSERT ON payments REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_payments();
CREATE TRIGGER trg_payments_count_update AFTER UPDATE ON payments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_payments();
CREATE TRIGGER trg_payments_count_delete AFTER DELETE ON payments REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_payments();
CREATE TRIGGER trg_payments_count_truncate AFTER TRUNCATE ON payments
  FOR EACH STATEMENT EXECUTE FUNCTION forget_counts();

CREATE TRIGGER trg_sessions_count_insert AFTER INSERT ON sessions REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_sessions();
CREATE TRIGGER trg_sessions_count_update AFTER UPDATE ON sessions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_sessions();
CREATE TRIGGER trg_sessions_count_delete AFTER DELETE ON sessions REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_sessions();
CREATE TRIGGER trg_sessions_count_truncate AFTER TRUNCATE ON sessions
  FOR EACH STATEMENT EXECUTE FUNCTION forget_counts();

-- From here on both tables are counted; only what they hold already is not.
INSERT INTO creator_daily_stats_state (complete)
SELECT NOT EXISTS (SELECT FROM payments) AND NOT EXISTS (SELECT FROM sessions);

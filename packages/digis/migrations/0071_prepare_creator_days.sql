-- The monthly partitions for what is to be filled in, ten years back at most.
CREATE FUNCTION prepare_creator_days() RETURNS void
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
DECLARE
  since timestamptz := greatest(first_creator_day()::timestamp AT TIME ZONE 'UTC', now() - interval '10 years');
BEGIN
  IF first_creator_day() IS NOT NULL
     AND EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = 'creator_daily_stats'::regclass) THEN
    PERFORM ensure_partitions('creator_daily_stats', since => least(since, now()));
  END IF;
END
$$;

-- One row for each table of this schema, the largest first: how large it is, how much of it is dead, whether vacuum and
-- analyze keep up, and what an operator may want to do about it.
CREATE FUNCTION table_health() RETURNS TABLE (
  table_name text,
  live_rows bigint,
  dead_rows bigint,
  dead_percent numeric,
  table_bytes bigint,
  index_bytes bigint,
  last_vacuum timestamptz,
  last_analyze timestamptz,
  invalid_indexes bigint,
  unvalidated_constraints bigint,
  advice text
)
  LANGUAGE sql
  STABLE
  SET search_path FROM CURRENT
AS $$
  WITH health AS (
    SELECT s.relid, s.relname::text AS name, s.n_live_tup AS alive, s.n_dead_tup AS dead,
           round(100.0 * s.n_dead_tup / greatest(s.n_live_tup + s.n_dead_tup, 1), 1) AS dead_percent,
           greatest(s.last_vacuum, s.last_autovacuum) AS vacuumed, greatest(s.last_analyze, s.last_autoanalyze) AS analyzed,
           (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = s.relid AND NOT i.indisvalid) AS invalid,
           (SELECT count(*) FROM pg_constraint AS c WHERE c.conrelid = s.relid AND NOT c.convalidated) AS unvalidated
      FROM pg_stat_user_tables AS s
     WHERE s.schemaname = current_schema()
  )
  SELECT name, alive, dead, dead_percent, pg_table_size(relid), pg_indexes_size(relid), vacuumed, analyzed, invalid, unvalidated,
         CASE
           WHEN invalid > 0 THEN 'An index is invalid: REINDEX INDEX CONCURRENTLY, or drop it.'
           WHEN unvalidated > 0 THEN 'A constraint is not validated: old rows may break it.'
           WHEN dead > 10000 AND dead_percent > 20 THEN 'Many dead rows: VACUUM, and look for old transactions.'
           WHEN alive > 10000 AND analyzed IS NULL THEN 'Never analyzed: ANALYZE.'
           ELSE 'Fine.'
         END
    FROM health
   ORDER BY pg_total_relation_size(relid) DESC, name
$$;

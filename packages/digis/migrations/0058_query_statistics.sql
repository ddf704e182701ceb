-- How the application's statements fared, by fingerprint and stretch of time. Whoever collects them writes them here.

SELECT create_history('query_statistics', 'bucket_start', $$
  bucket_start timestamptz NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  -- Which process or pool it was: percentiles of several cannot be put together.
  source text COLLATE "C" NOT NULL DEFAULT '',
  calls bigint NOT NULL,
  errors bigint NOT NULL DEFAULT 0,
  -- Milliseconds.
  summed_time double precision NOT NULL,
  p50 double precision NOT NULL,
  p95 double precision NOT NULL,
  p99 double precision NOT NULL,
  CONSTRAINT query_statistics_pkey PRIMARY KEY (fingerprint, bucket_start, source),
  CONSTRAINT chk_query_statistics_bucket_start CHECK (isfinite(bucket_start)),
  CONSTRAINT chk_query_statistics_fingerprint CHECK (char_length(fingerprint) BETWEEN 1 AND 128),
  CONSTRAINT chk_query_statistics_source CHECK (char_length(source) <= 128),
  CONSTRAINT chk_query_statistics_counts CHECK (errors BETWEEN 0 AND calls),
  CONSTRAINT chk_query_statistics_times CHECK (
    summed_time >= 0 AND p50 >= 0 AND p50 <= p95 AND p95 <= p99 AND p99 < 'infinity' AND summed_time < 'infinity')
$$, interval '13 months');

CREATE INDEX idx_query_statistics_bucket_start ON query_statistics USING brin (bucket_start) WITH (autosummarize = on);

--! no-transaction
CREATE INDEX CONCURRENTLY idx_search_words_trigrams ON search_words USING gin (trigrams) WITH (fastupdate = off);

--! no-transaction
CREATE INDEX CONCURRENTLY idx_creator_documents_names ON creator_documents USING gin (names) WITH (fastupdate = off);

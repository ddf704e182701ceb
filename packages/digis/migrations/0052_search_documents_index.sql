--! no-transaction
-- Profiles change rarely and are searched often: nothing is put off for the next search to read.
CREATE INDEX CONCURRENTLY idx_creator_documents_document ON creator_documents USING gin (document) WITH (fastupdate = off);

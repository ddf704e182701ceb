--! no-transaction
CREATE INDEX CONCURRENTLY idx_creator_documents_document ON creator_documents USING gin (document);

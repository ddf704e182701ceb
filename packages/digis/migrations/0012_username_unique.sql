--! no-transaction
-- However it is written, a name is taken once.
CREATE UNIQUE INDEX CONCURRENTLY uq_users_username ON users (lower(username));

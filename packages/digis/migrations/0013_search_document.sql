-- The search document gets the names, and is kept by a trigger from now on: neither this step nor a change of what is
-- in it rewrites the table, which a stored generated column would do under a lock that stops everybody.
ALTER TABLE users ALTER COLUMN bio_search DROP EXPRESSION;

-- Of the words as written, those of the display name weigh most (A), then the username's (B), the bio's least (D); of
-- the bio, stems ("dancing" finds "dance") weigh as much as a name.
CREATE FUNCTION set_bio_search() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = ''
AS $$
BEGIN
  NEW.bio_search := setweight(to_tsvector('pg_catalog.simple', coalesce(NEW.display_name, '')), 'A')
    || setweight(to_tsvector('pg_catalog.simple', coalesce(NEW.username, '')), 'B')
    || setweight(to_tsvector('pg_catalog.english', coalesce(NEW.bio, '')), 'A')
    || setweight(to_tsvector('pg_catalog.simple', coalesce(NEW.bio, '')), 'D');
  RETURN NEW;
END
$$;

CREATE TRIGGER trg_users_bio_search
  BEFORE INSERT OR UPDATE OF bio, display_name, username, bio_search ON users
  FOR EACH ROW
  EXECUTE FUNCTION set_bio_search();

CREATE OR REPLACE TRIGGER trg_users_updated_at
  BEFORE UPDATE ON users
  FOR EACH ROW
  WHEN ((OLD.supabase_id, OLD.is_creator, OLD.bio, OLD.profile_pic_url, OLD.price_per_min, OLD.display_name, OLD.username)
    IS DISTINCT FROM (NEW.supabase_id, NEW.is_creator, NEW.bio, NEW.profile_pic_url, NEW.price_per_min, NEW.display_name, NEW.username))
  EXECUTE FUNCTION set_updated_at();

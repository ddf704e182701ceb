-- Users, fans and creators alike. Everything else refers to users.id: supabase_id is unique, and never the
-- target of a foreign key, so that it can change when the identity provider does.

CREATE FUNCTION set_updated_at() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = ''
AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  supabase_id uuid NOT NULL,
  is_creator boolean NOT NULL DEFAULT false,
  bio text NOT NULL DEFAULT '',
  profile_pic_url text NOT NULL DEFAULT '',
  -- Decimal because the DIGIS contract speaks decimals; 'NaN' is above every number, so the check refuses it too.
  price_per_min numeric(10, 2) NOT NULL DEFAULT 1.00,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Stems ("dancing" finds "dance") weigh more than the words as written, which serve the search by prefix.
  bio_search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('english', bio), 'A') || setweight(to_tsvector('simple', bio), 'D')
  ) STORED,
  CONSTRAINT uq_users_supabase_id UNIQUE (supabase_id),
  CONSTRAINT chk_users_bio CHECK (char_length(bio) <= 5000),
  CONSTRAINT chk_users_profile_pic_url CHECK (char_length(profile_pic_url) <= 2048),
  CONSTRAINT chk_users_price_per_min CHECK (price_per_min BETWEEN 0 AND 10000)
);

-- Creators by newest id, and their bios: fans cost these indexes nothing.
CREATE INDEX idx_users_creators ON users (id DESC) WHERE is_creator;
CREATE INDEX idx_users_bio_search ON users USING gin (bio_search) WHERE is_creator;

CREATE TRIGGER trg_users_updated_at
  BEFORE UPDATE ON users
  FOR EACH ROW
  WHEN ((OLD.supabase_id, OLD.is_creator, OLD.bio, OLD.profile_pic_url, OLD.price_per_min)
    IS DISTINCT FROM (NEW.supabase_id, NEW.is_creator, NEW.bio, NEW.profile_pic_url, NEW.price_per_min))
  EXECUTE FUNCTION set_updated_at();

-- What somebody typed into a search box, as a query on bio_search: words, "phrases", or, -without; the last word
-- may be unfinished. Any text is fine; one without words finds nothing.
CREATE FUNCTION bio_query(term text) RETURNS tsquery
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN websearch_to_tsquery('english'::regconfig, term)
  || regexp_replace(websearch_to_tsquery('simple'::regconfig, term)::text, '''$', ''':*')::tsquery;

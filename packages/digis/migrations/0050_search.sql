-- Search over creators: what is searched is kept beside the users, one row for each creator, so that ranking many of
-- them reads a narrow table and nothing rewrites the wide one. See docs/guides/search.md.

-- Lower case, without accents. Not the extension unaccent: its rules are a file that may change under what is stored.
CREATE FUNCTION search_unaccent(written text) RETURNS text
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN octet_length(written) = char_length(written) THEN lower(written)
  ELSE translate(
    replace(replace(replace(
      -- Letters and their marks apart, then without the marks: of Latin, Greek and Cyrillic, Hebrew, Arabic.
      regexp_replace(
        normalize(lower(normalize(written, NFKD)), NFKD),
        '[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]+', '', 'g'),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    'øłđðħıŧ', 'olddhit')
  END;

-- Words with one blank between them; signs in `kept` count as letters. What else PostgreSQL's parser would see in
-- "lisbon.dance" (a host) or "3/4" (a file) is nothing that anybody searches by.
CREATE FUNCTION search_plain(written text, kept text DEFAULT '') RETURNS text
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(
  search_unaccent(written),
  '(?![a' || kept || '])[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u02b0-\u02ff\u037e\u0387\u055a-\u055f\u0589\u05be\u060c\u061b\u061f\u06d4\u0964\u0965'
    || '\u2000-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe00-\ufe6f\U0001f000-\U0001faff]',
  ' ', 'g');

-- What somebody typed into a search box, as websearch_to_tsquery takes it. A minus means "without" only before a word.
CREATE FUNCTION search_typed(term text) RETURNS text
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(search_plain(term, '"-'), '([^ "])-+|-+(?= |$)', '\1 ', 'g');

-- The words as typed; the last one may be unfinished, if it has two letters.
CREATE FUNCTION creator_words(term text) RETURNS tsquery
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(
  websearch_to_tsquery('simple'::regconfig, search_typed(term))::text, '([^'']{2})''$', '\1'':*')::tsquery;

-- A query on a document: words, "phrases", or, -without. Any text is fine; one without words finds nothing.
CREATE FUNCTION creator_query(term text) RETURNS tsquery
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN websearch_to_tsquery('english'::regconfig, search_typed(term)) || creator_words(term);

-- The words that occur, for finding what a misspelt one may have meant. A word can be here twice: a unique index
-- would make two creators who are the first to use it wait for each other.
CREATE TABLE search_words (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  word text COLLATE "C" NOT NULL,
  trigrams text[] NOT NULL
);
CREATE INDEX idx_search_words_word ON search_words (word);

-- Without pg_trgm no word is like another one. enable_typo_tolerance() puts better ones in their place.
CREATE FUNCTION search_trigrams(word text) RETURNS text[]
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN '{}'::text[];

CREATE FUNCTION search_similarity(one text, other text) RETURNS real
  LANGUAGE sql
  IMMUTABLE STRICT PARALLEL SAFE
RETURN 0::real;

-- Whether misspelt words find what they mean.
CREATE FUNCTION has_typo_tolerance() RETURNS boolean
  LANGUAGE sql
  STABLE
BEGIN ATOMIC
  SELECT cardinality(search_trigrams('search')) > 0;
END;

-- Uses pg_trgm, creating it where the server has it and the caller may. Returns whether misspelt words find what they
-- mean now. May be called at any time, and again.
CREATE FUNCTION enable_typo_tolerance() RETURNS boolean
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
DECLARE
  home regnamespace;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
  EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN
    RETURN false;
  END;
  SELECT extnamespace INTO home FROM pg_extension WHERE extname = 'pg_trgm';
  -- Beginnings and ends are what unlike words share most: without them an index finds a tenth of the candidates.
  EXECUTE format($body$
    CREATE OR REPLACE FUNCTION search_trigrams(word text) RETURNS text[]
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(SELECT trigram FROM unnest(%1$s.show_trgm(word)) AS trigram
                  WHERE trigram NOT LIKE '  %%' AND trigram NOT LIKE '%% ')
    $body$, home);
  EXECUTE format($body$
    CREATE OR REPLACE FUNCTION search_similarity(one text, other text) RETURNS real
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN %1$s.word_similarity(one, other)
    $body$, home);
  UPDATE search_words SET trigrams = search_trigrams(word) WHERE trigrams = '{}';
  RETURN true;
END
$$;

SELECT enable_typo_tolerance();

-- Brings what is searched in line with these users: documents of creators, none of others.
CREATE FUNCTION index_creators(ids bigint[]) RETURNS void
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
BEGIN
  DELETE FROM creator_documents AS d USING users AS u
   WHERE d.creator_id = ANY (ids) AND u.id = d.creator_id AND NOT u.is_creator;

  INSERT INTO creator_documents AS d (creator_id, names, document)
  SELECT id, names,
         names || setweight(to_tsvector('simple', plain.bio), 'C') || setweight(to_tsvector('english', plain.bio), 'D')
    FROM users AS u,
         -- The lengths are bounds for databases whose constraints are not there yet; OFFSET 0: once for each text.
         LATERAL (
           SELECT search_plain(left(coalesce(u.display_name, ''), 200)), search_plain(left(coalesce(u.username, ''), 200)),
                  search_plain(left(coalesce(u.bio, ''), 5000)) OFFSET 0
         ) AS plain (display_name, username, bio),
         LATERAL (
           SELECT setweight(to_tsvector('simple', plain.display_name), 'A')
               || setweight(to_tsvector('simple', plain.username), 'B') OFFSET 0
         ) AS n (names)
   WHERE id = ANY (ids) AND is_creator
  ON CONFLICT (creator_id) DO UPDATE SET names = excluded.names, document = excluded.document;

  INSERT INTO search_words (word, trigrams)
  SELECT DISTINCT w.word, search_trigrams(w.word)
    FROM creator_documents AS d, unnest(tsvector_to_array(ts_filter(d.document, '{a,b,c}'))) AS w (word)
   WHERE d.creator_id = ANY (ids) AND char_length(w.word) BETWEEN 4 AND 30 AND w.word !~ '[0-9]'
     AND NOT EXISTS (SELECT FROM search_words AS known WHERE known.word = w.word);
END
$$;

CREATE FUNCTION index_creator() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
BEGIN
  PERFORM index_creators(ARRAY[NEW.id]);
  RETURN NULL;
END
$$;

-- From here on users is locked, so this comes last.

-- Where an earlier migration has them, they stay as they are.
ALTER TABLE users ADD COLUMN IF NOT EXISTS display_name text;
ALTER TABLE users ADD COLUMN IF NOT EXISTS username text;

-- Derived from users by a trigger and meaningless without its user. names: A display name, B username. document: those,
-- C the bio's words as written, D their stems ("dancing" finds "dance").
CREATE TABLE creator_documents (
  creator_id bigint PRIMARY KEY,
  names tsvector NOT NULL,
  document tsvector NOT NULL,
  CONSTRAINT fk_creator_documents_creator FOREIGN KEY (creator_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TRIGGER trg_users_search_insert
  AFTER INSERT ON users
  FOR EACH ROW
  WHEN (NEW.is_creator)
  EXECUTE FUNCTION index_creator();

CREATE TRIGGER trg_users_search_update
  AFTER UPDATE ON users
  FOR EACH ROW
  WHEN ((OLD.is_creator OR NEW.is_creator)
    AND (OLD.is_creator, OLD.bio, OLD.display_name, OLD.username)
      IS DISTINCT FROM (NEW.is_creator, NEW.bio, NEW.display_name, NEW.username))
  EXECUTE FUNCTION index_creator();

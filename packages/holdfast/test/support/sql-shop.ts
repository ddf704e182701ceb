import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { Analyzer } from '../../dist/sql/analyzer.js'
import { type Catalog, loadCatalog } from '../../dist/sql/catalog.js'
import type { CatalogOptions } from '../../dist/sql/catalog-tables.js'
import { loadParser } from '../../dist/sql/parser.js'

/** A database with every kind of relation that the analysis has to tell apart. */
const SCHEMA = `
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN short AS text CHECK (length(value) < 9);
CREATE TABLE users (
  id bigint PRIMARY KEY, email text UNIQUE, nick text COLLATE loose UNIQUE, code short UNIQUE, price numeric UNIQUE,
  mood mood NOT NULL DEFAULT 'ok', upper_email text GENERATED ALWAYS AS (upper(email)) STORED UNIQUE,
  supabase_id uuid, name text
);
CREATE UNIQUE INDEX ON users (supabase_id) WHERE name IS NOT NULL;
CREATE UNIQUE INDEX ON users (lower(email), id);
CREATE TABLE sessions (
  id int PRIMARY KEY, creator_id bigint REFERENCES users ON DELETE CASCADE, fan_id bigint REFERENCES users ON DELETE SET NULL,
  day date, note text
);
CREATE TABLE payments (id int PRIMARY KEY, session_id int REFERENCES sessions ON DELETE CASCADE, amount numeric);
CREATE TABLE log (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
CREATE TABLE measures (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE measures_2024 (at date NOT NULL, id int NOT NULL);
ALTER TABLE measures ATTACH PARTITION measures_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE measures_later PARTITION OF measures FOR VALUES FROM ('2025-01-01') TO ('2100-01-01');
CREATE TABLE animals (id int PRIMARY KEY, name text);
CREATE TABLE dogs (breed text) INHERITS (animals);
CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY);
CREATE TABLE tenants (id int PRIMARY KEY);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE TABLE ruled (id int PRIMARY KEY);
CREATE RULE r AS ON INSERT TO ruled DO ALSO INSERT INTO log (what) VALUES ('ruled');
CREATE SCHEMA audit;
CREATE TABLE audit.log (id int PRIMARY KEY, user_id bigint);
CREATE VIEW sad AS SELECT u.id, u.name FROM users u WHERE u.mood = 'sad';
CREATE VIEW pairs AS SELECT u.id AS uid, s.id AS sid FROM users u LEFT JOIN sessions s ON s.creator_id = u.id;
CREATE VIEW busy AS SELECT creator_id AS id, count(*) AS n FROM sessions GROUP BY 1;
CREATE MATERIALIZED VIEW totals AS SELECT session_id, sum(amount) AS total FROM payments GROUP BY 1;
CREATE UNIQUE INDEX ON totals (session_id);
CREATE FUNCTION tick() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
CREATE TRIGGER before_animals BEFORE UPDATE ON animals FOR EACH ROW EXECUTE FUNCTION tick();
CREATE FUNCTION wipe(text) RETURNS int LANGUAGE sql AS $$ DELETE FROM log; SELECT 1 $$;
CREATE FUNCTION pure(bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION peek(bigint) RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM users';
CREATE FUNCTION add_wiped(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN wipe('') + $1 + $2; END $$;
CREATE AGGREGATE wiping(int) (SFUNC = add_wiped, STYPE = int, INITCOND = '0');
CREATE OPERATOR @@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = add_wiped);
`

/** Tables of the schema that are cached, and a column that is no key of any index. */
export const OPTED_IN: CatalogOptions = {
  tables: [
    'users',
    'public.sessions',
    'payments',
    'log',
    'measures',
    'dogs',
    'scratch',
    'tenants',
    'ruled',
    'audit.log',
    'totals',
  ],
  keyed: { users: ['mood'], sessions: ['day'] },
}

/** The schema on a real server, with what is known of it. */
export interface SqlShop {
  readonly client: pg.Client
  readonly catalog: Catalog
  readonly analyzer: Analyzer
  end(): Promise<void>
}

/** Rows in every table, so that there is something to change. */
const ROWS = `
INSERT INTO users (id, email, mood, supabase_id, name)
  SELECT i, 'e' || i, (ARRAY['sad', 'ok', 'happy'])[1 + i % 3]::mood, md5(i::text)::uuid, 'n' || i FROM generate_series(1, 6) i;
INSERT INTO sessions
  SELECT i, 1 + i % 4, 1 + i % 5, date '2024-01-01' + i % 3, 'note' || i FROM generate_series(1, 8) i;
INSERT INTO payments SELECT i, 1 + i % 8, i * 1.5 FROM generate_series(1, 10) i;
INSERT INTO log (what) VALUES ('a'), ('b');
INSERT INTO measures SELECT i, date '2024-12-28' + i FROM generate_series(1, 8) i;
INSERT INTO animals VALUES (1, 'cat');
INSERT INTO dogs VALUES (2, 'rex', 'pug');
INSERT INTO audit.log VALUES (1, 1);
REFRESH MATERIALIZED VIEW totals;
`

/**
 * Makes the database and reads its catalog.
 *
 * @param version what the analysis takes the server for; default: what it is
 */
export async function sqlShop(version?: number): Promise<SqlShop> {
  const { url } = await temporaryDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(SCHEMA)
  await client.query(ROWS)
  await loadParser()
  const query = async (text: string) => {
    const { rows } = await client.query(text)
    const facts = String(rows[0].facts)
    return { rows: [{ facts: version ? facts.replace(/"version" : \d+/, `"version" : ${version}`) : facts }] }
  }
  const catalog = await loadCatalog(query, OPTED_IN)
  return { client, catalog, analyzer: new Analyzer(catalog), end: () => client.end() }
}

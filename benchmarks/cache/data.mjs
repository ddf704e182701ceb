/**
 * The data of the cache benchmark: rows of 20 columns of the types that applications use, each with a version that
 * every write increases, and a table that no cache knows.
 */

/** Versions are `int8`, which pg returns as text. @typedef {{ id: number, version: string | number }} Row */

export const ROWS = 60_000
export const READ = 'SELECT * FROM wide WHERE id = $1'
export const WRITE = 'UPDATE wide SET version = version + 1 WHERE id = $1 RETURNING version'
export const READ_UNCACHED = 'SELECT id, name, price, created FROM items WHERE id = $1'
/** Seconds that every contender keeps an entry: longer than any measurement, so that no expiry hides a stale row. */
export const TTL_SECONDS = 600

export const SCHEMA = `
  CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
  CREATE TABLE wide (
    id integer PRIMARY KEY, version bigint NOT NULL, price numeric NOT NULL,
    name text NOT NULL, email text NOT NULL, street text NOT NULL, city text NOT NULL,
    country text NOT NULL, phone text NOT NULL, bio text NOT NULL, note text,
    account uuid NOT NULL, tenant uuid NOT NULL,
    created timestamptz NOT NULL, updated timestamptz NOT NULL, seen timestamptz NOT NULL,
    active boolean NOT NULL, settings jsonb NOT NULL, score float8 NOT NULL, born date NOT NULL
  );
  INSERT INTO wide SELECT
    i, 1, i / 100.0,
    'name ' || i, 'user' || i || '@example.org', i || ' Long Street', 'City ' || i % 100,
    'Country', '+49 30 ' || i, 'A few words about ' || i, NULL,
    md5(i::text)::uuid, md5('tenant' || i % 10)::uuid,
    now(), now(), now(),
    i % 2 = 0, '{"theme": "dark", "languages": ["en", "de"]}', i / 7.0, date '1990-01-01' + i % 9000
  FROM generate_series(1, ${ROWS}) AS i;
  CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL, created timestamptz NOT NULL);
  INSERT INTO items SELECT i, 'item ' || i, i / 100.0, now() FROM generate_series(1, 10000) AS i;
  VACUUM ANALYZE wide`

/**
 * Which rows a measurement uses. The ranges do not overlap, so that nothing is cached or changed that another
 * measurement takes for new.
 */
export const IDS = {
  /** Read again and again; a power of two, so that a mask picks one. */
  hot: { from: 1, count: 256 },
  written: { from: 301, count: 64 },
  contested: { from: 401, count: 16 },
  raced: { from: 501, count: 50 },
  stampeded: { from: 601, count: 2 },
  warmUp: { from: 701, count: 64 },
  missed: { from: 1_001, count: ROWS - 1_000 },
}

/** @param {{ from: number, count: number }} range @returns {number[]} */
export function idsOf({ from, count }) {
  return Array.from({ length: count }, (_, index) => from + index)
}

/** @param {Row} row */
export function versionOf(row) {
  return Number(row.version)
}

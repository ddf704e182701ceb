/** How many rows the tables hold: few, so that readers and writers meet. */
export const ROWS = { owners: 4, items: 16, totals: 3, orders: 6, metrics: 6, notes: 6 }

export const REGIONS = ['east', 'west'] as const

/**
 * The tables of the workload. Every version comes from one sequence, so no version is given out twice, and one that
 * was taken back is recognised wherever it shows up.
 *
 * The total of an order takes over the version of the order when that is the greater one: several orders of a total
 * commit in an order that their versions need not follow.
 */
export const SCHEMA = `
CREATE SEQUENCE versions;
CREATE TABLE owners (id int PRIMARY KEY, version bigint NOT NULL);
CREATE TABLE items (
  id int PRIMARY KEY, name text NOT NULL UNIQUE, owner_id int NOT NULL REFERENCES owners,
  version bigint NOT NULL, body text NOT NULL DEFAULT ''
);
CREATE INDEX ON items (owner_id);
CREATE TABLE parts (
  id bigint PRIMARY KEY, item_id int NOT NULL REFERENCES items ON DELETE CASCADE, version bigint NOT NULL
);
CREATE INDEX ON parts (item_id);
CREATE TABLE totals (id int PRIMARY KEY, version bigint NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, total_id int NOT NULL REFERENCES totals, version bigint NOT NULL);
CREATE TABLE metrics (id int, region text, version bigint NOT NULL, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE metrics_east PARTITION OF metrics FOR VALUES IN ('east');
CREATE TABLE metrics_west PARTITION OF metrics FOR VALUES IN ('west');
CREATE TABLE notes (id int PRIMARY KEY, version bigint NOT NULL);

CREATE FUNCTION bump_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE totals SET version = greatest(version, NEW.version) WHERE id = NEW.total_id;
  RETURN NULL;
END $$;
CREATE TRIGGER bump_total AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION bump_total();

CREATE FUNCTION bump_item(wanted int) RETURNS TABLE (id int, version bigint, owner_id int) LANGUAGE sql AS $$
  UPDATE items SET version = nextval('versions') WHERE items.id = wanted RETURNING items.id, items.version, items.owner_id
$$;

INSERT INTO owners SELECT id, nextval('versions') FROM generate_series(1, ${ROWS.owners}) id;
INSERT INTO items SELECT id, 'item-' || id, 1 + id % ${ROWS.owners}, nextval('versions') FROM generate_series(1, ${ROWS.items}) id;
INSERT INTO totals SELECT id, nextval('versions') FROM generate_series(1, ${ROWS.totals}) id;
INSERT INTO orders SELECT id, 1 + id % ${ROWS.totals}, nextval('versions') FROM generate_series(1, ${ROWS.orders}) id;
INSERT INTO metrics SELECT id, CASE id % 2 WHEN 0 THEN 'east' ELSE 'west' END, nextval('versions') FROM generate_series(1, ${ROWS.metrics}) id;
INSERT INTO notes SELECT id, nextval('versions') FROM generate_series(1, ${ROWS.notes}) id;
`

/** Every register with its version and group, as the database has them. */
export const STATES = `
SELECT 'owner:' || id AS register, version, '' AS "group" FROM owners
UNION ALL SELECT 'item:' || id, version, 'owner:' || owner_id FROM items
UNION ALL SELECT 'part:' || id, version, 'item:' || item_id FROM parts
UNION ALL SELECT 'total:' || id, version, '' FROM totals
UNION ALL SELECT 'order:' || id, version, '' FROM orders
UNION ALL SELECT 'metric:' || id, version, 'region:' || region FROM metrics
UNION ALL SELECT 'note:' || id, version, '' FROM notes
`

-- Tables that are partitioned by month: which they are, creating their partitions ahead, and letting old ones go.
-- Months are those of UTC. Nothing here changes a table by itself; sessions and payments stay whole until an operator
-- takes that step (docs/guides/scaling.md).

CREATE TABLE partition_policies (
  table_name text COLLATE "C" PRIMARY KEY,
  -- How many months there are partitions for, beyond the one that goes on.
  ahead integer NOT NULL DEFAULT 3,
  -- Absent: everything is kept.
  retain interval,
  -- What happens to a partition that is older: it is dropped, or only detached, to be archived by somebody.
  retire text NOT NULL DEFAULT 'drop',
  -- Keys, as lists of columns, that were unique in the whole table before it was partitioned. They still are within
  -- each month.
  local_keys text[] NOT NULL DEFAULT '{}',
  -- Rows before this time are gone for good; counting them again would find too few.
  dropped_before timestamptz,
  CONSTRAINT chk_partition_policies_ahead CHECK (ahead BETWEEN 1 AND 120),
  CONSTRAINT chk_partition_policies_retain CHECK (retain >= interval '1 month'),
  CONSTRAINT chk_partition_policies_retire CHECK (retire IN ('drop', 'detach'))
);

-- A table's name as it is kept in the policies: with its schema, quoted where it has to be.
CREATE FUNCTION qualified_name(target regclass) RETURNS text
  LANGUAGE sql
  STABLE
RETURN (SELECT format('%I.%I', n.nspname, c.relname)
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = target);

-- The partitions of a table with their bounds. One without a lower bound starts at -infinity; the default one has none.
CREATE FUNCTION partitions_of(parent regclass)
  RETURNS TABLE (partition regclass, starts timestamptz, ends timestamptz, is_default boolean)
  LANGUAGE sql
  STABLE
  SET TimeZone = 'UTC'
  SET DateStyle = 'ISO'
AS $$
  SELECT c.oid::regclass,
         CASE bounds[1] WHEN 'MINVALUE' THEN '-infinity' ELSE trim(BOTH '''' FROM bounds[1])::timestamptz END,
         CASE bounds[2] WHEN 'MAXVALUE' THEN 'infinity' ELSE trim(BOTH '''' FROM bounds[2])::timestamptz END,
         bounds IS NULL
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
   CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \((.*)\) TO \((.*)\)$') AS bounds
   WHERE i.inhparent = parent AND c.relispartition
$$;

-- The column by which a table is partitioned, and its type. An error where it is not partitioned by ranges of one time.
CREATE FUNCTION partition_column(parent regclass, OUT name text, OUT type text)
  LANGUAGE plpgsql
  STABLE
AS $$
BEGIN
  SELECT a.attname, format_type(a.atttypid, NULL) INTO name, type
    FROM pg_partitioned_table AS p
    JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
   WHERE p.partrelid = parent AND p.partstrat = 'r' AND p.partnatts = 1
     AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype);
  IF NOT FOUND THEN
    RAISE wrong_object_type USING
      MESSAGE = format('Table "%s" is not partitioned by ranges of one column of times.', parent),
      HINT = 'Partition it first: see docs/guides/scaling.md.';
  END IF;
END
$$;

-- A month's name and its two bounds as they stand in SQL.
CREATE FUNCTION partition_bounds(parent regclass, month timestamptz, OUT name text, OUT lower text, OUT upper text)
  LANGUAGE plpgsql
  STABLE
  SET TimeZone = 'UTC'
AS $$
DECLARE
  suffix text;
BEGIN
  SELECT CASE c.type WHEN 'timestamp with time zone' THEN ' 00:00:00+00' ELSE '' END INTO suffix
    FROM partition_column(parent) AS c;
  SELECT c.relname || to_char(month, '_YYYY_MM') INTO name FROM pg_class AS c WHERE c.oid = parent;
  IF octet_length(name) > 63 THEN
    RAISE name_too_long USING
      MESSAGE = format('The partitions of "%s" would have names of more than 63 bytes.', parent),
      HINT = 'Give the table a name of at most 55 bytes.';
  END IF;
  lower := quote_literal(to_char(month, 'YYYY-MM-DD') || suffix);
  upper := quote_literal(to_char(month + interval '1 month', 'YYYY-MM-DD') || suffix);
END
$$;

-- Moves what the default partition holds of a month into the table that is to become its partition. The caller holds
-- the default partition's lock, so triggers that would forbid or count the two halves of a move are of no use.
CREATE FUNCTION move_from_default(source regclass, target regclass, condition text) RETURNS bigint
  LANGUAGE plpgsql
AS $$
DECLARE
  columns text;
  has_rows boolean;
  moved bigint;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %s)', source, condition) INTO has_rows;
  IF NOT has_rows THEN RETURN 0; END IF;
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute WHERE attrelid = source AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
  EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', source);
  EXECUTE format('WITH moved AS (DELETE FROM %s WHERE %s RETURNING *) INSERT INTO %s (%s) SELECT %4$s FROM moved',
    source, condition, target, columns);
  GET DIAGNOSTICS moved = ROW_COUNT;
  EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', source);
  RETURN moved;
END
$$;

-- What holds for a table holds for a partition that is written or read by its own name, too: nobody passes by row-level
-- security, and a trigger that refuses a whole statement refuses it there as well.
CREATE FUNCTION guard_partition(parent regclass, partition regclass) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  each record;
BEGIN
  IF (SELECT relrowsecurity FROM pg_class WHERE oid = parent) THEN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', partition);
  END IF;
  FOR each IN
    -- Of tgtype, 1 is FOR EACH ROW and 2 is BEFORE.
    SELECT replace(pg_get_triggerdef(oid), format(' ON %s ', qualified_name(parent)),
                   format(' ON %s ', qualified_name(partition))) AS definition
      FROM pg_trigger WHERE tgrelid = parent AND NOT tgisinternal AND tgtype & 3 = 2
  LOOP
    EXECUTE each.definition;
  END LOOP;
END
$$;

-- Adds the partition of one month. It is made beside the table and then attached, which neither readers nor writers of
-- the table wait for; only the default partition is locked for a moment.
CREATE FUNCTION add_partition(parent regclass, month timestamptz) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  column_name text := (SELECT name FROM partition_column(parent));
  schema_name text := (SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE c.oid = parent);
  rest regclass := (SELECT p.partition FROM partitions_of(parent) AS p WHERE p.is_default);
  bounds record;
  target text;
  condition text;
  key text;
BEGIN
  SELECT * INTO bounds FROM partition_bounds(parent, month);
  target := format('%I.%I', schema_name, bounds.name);
  condition := format('%1$I IS NOT NULL AND %1$I >= %2$s AND %1$I < %3$s', column_name, bounds.lower, bounds.upper);
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING IDENTITY)', target, parent);
  FOR key IN SELECT unnest(p.local_keys) FROM partition_policies AS p WHERE to_regclass(p.table_name) = parent LOOP
    EXECUTE format('CREATE UNIQUE INDEX ON %s (%s)', target, key);
  END LOOP;
  -- By this constraint PostgreSQL knows without a scan that every row belongs there.
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT chk_partition_month CHECK (%s)', target, condition);
  IF rest IS NOT NULL THEN
    EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', parent);
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', rest);
    PERFORM move_from_default(rest, target::regclass, condition);
  END IF;
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)',
    parent, target, bounds.lower, bounds.upper);
  EXECUTE format('ALTER TABLE %s DROP CONSTRAINT chk_partition_month', target);
  PERFORM guard_partition(parent, target::regclass);
END
$$;

CREATE FUNCTION retire_partition(parent regclass, partition regclass, retire text) RETURNS void
  LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', parent, partition);
  IF retire = 'drop' THEN
    EXECUTE format('DROP TABLE %s', partition);
  END IF;
END
$$;

-- Runs one of the two above, several times when somebody holds a lock: nobody waits for more than 300 ms behind
-- it. Says what became of it.
CREATE FUNCTION change_partition(parent regclass, month timestamptz, partition regclass, retire text) RETURNS text
  LANGUAGE plpgsql
  SET lock_timeout = '300ms'
AS $$
BEGIN
  FOR attempt IN 1..6 LOOP
    BEGIN
      IF partition IS NULL THEN
        PERFORM add_partition(parent, month);
        RETURN 'created';
      END IF;
      PERFORM retire_partition(parent, partition, retire);
      RETURN CASE retire WHEN 'drop' THEN 'dropped' ELSE 'detached' END;
    EXCEPTION
      WHEN lock_not_available OR deadlock_detected THEN
        PERFORM pg_sleep(0.02 * attempt + random() * 0.1);
      WHEN foreign_key_violation OR dependent_objects_still_exist THEN
        RETURN 'referenced';
    END;
  END LOOP;
  RETURN 'busy';
END
$$;

-- Creates what is missing of a table's partitions, from the month of "since" to "ahead" months from now, and retires
-- those that are older than "retain". Any number of callers may do so at once. Returns what was changed, and what could
-- not be: "busy" (try again), "referenced" (other tables refer to its rows).
CREATE FUNCTION ensure_partitions(
  parent regclass, ahead integer DEFAULT 3, retain interval DEFAULT NULL, since timestamptz DEFAULT now(),
  retire text DEFAULT 'drop')
  RETURNS TABLE (action text, partition text)
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
  SET TimeZone = 'UTC'
  SET lock_timeout = '60s'
AS $$
DECLARE
  month timestamptz := date_trunc('month', since);
  last timestamptz;
  old record;
BEGIN
  IF ahead IS NULL OR ahead NOT BETWEEN 0 AND 120 OR since IS NULL OR NOT isfinite(since)
     OR retain < interval '1 month' OR retire IS NULL OR retire NOT IN ('drop', 'detach') THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'ensure_partitions: expected ahead from 0 to 120, retain of at least 1 month or NULL, a finite time '
        'since, and retire "drop" or "detach".';
  END IF;
  PERFORM partition_column(parent);
  -- One at a time for each table; the others find it done.
  PERFORM pg_advisory_xact_lock(hashtextextended('holdfast.ensure_partitions', parent::oid::bigint));
  last := date_trunc('month', now()) + make_interval(months => ahead);
  WHILE month <= last LOOP
    IF NOT EXISTS (SELECT FROM partitions_of(parent) AS p
                    WHERE p.starts <= month AND p.ends >= month + interval '1 month') THEN
      partition := (SELECT b.name FROM partition_bounds(parent, month) AS b);
      action := change_partition(parent, month, NULL, NULL);
      RETURN NEXT;
      -- Whoever holds the lock holds it for the next month too.
      EXIT WHEN action = 'busy';
    END IF;
    month := month + interval '1 month';
  END LOOP;
  FOR old IN SELECT p.partition AS oid, c.relname, p.ends FROM partitions_of(parent) AS p
               JOIN pg_class AS c ON c.oid = p.partition
              WHERE p.ends <= date_trunc('month', now() - retain) ORDER BY p.ends LOOP
    partition := old.relname;
    action := change_partition(parent, NULL, old.oid, ensure_partitions.retire);
    IF action IN ('dropped', 'detached') THEN
      UPDATE partition_policies AS p SET dropped_before = greatest(p.dropped_before, old.ends)
       WHERE to_regclass(p.table_name) = parent;
    END IF;
    RETURN NEXT;
    EXIT WHEN action = 'busy';
  END LOOP;
END
$$;

-- The same for every table that has a policy, by its policy: what a scheduler calls. A hypertable makes its chunks by
-- itself, and only lets old ones go.
CREATE FUNCTION maintain_partitions() RETURNS TABLE (table_name text, action text, partition text)
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
  policy record;
BEGIN
  FOR policy IN SELECT p.*, c.oid, c.relkind FROM partition_policies AS p
                  JOIN pg_class AS c ON c.oid = to_regclass(p.table_name) ORDER BY p.table_name LOOP
    IF policy.relkind = 'p' THEN
      RETURN QUERY SELECT policy.table_name, e.action, e.partition
        FROM ensure_partitions(policy.oid, policy.ahead, policy.retain, now(), policy.retire) AS e;
    ELSIF policy.retain IS NOT NULL THEN
      RETURN QUERY EXECUTE 'SELECT $1, ''dropped'', chunk FROM drop_chunks($2, older_than => $3) AS chunk'
        USING policy.table_name, policy.oid::regclass, policy.retain;
    END IF;
  END LOOP;
END
$$;

-- Whether the extension is there, in this database: that the server could install it is not enough, because it also has
-- to be loaded at its start, and that is the operator's decision.
CREATE FUNCTION has_extension(extension text) RETURNS boolean
  LANGUAGE sql
  STABLE
RETURN EXISTS (SELECT FROM pg_available_extensions AS e WHERE e.name = extension AND e.installed_version IS NOT NULL);

-- Creates a table of history: a hypertable of TimescaleDB where that is installed, monthly partitions elsewhere. What is
-- older than "retain" goes by itself.
CREATE FUNCTION create_history(history text, time_column text, columns text, retain interval) RETURNS void
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
DECLARE
  is_hypertable boolean := has_extension('timescaledb');
BEGIN
  EXECUTE format('CREATE TABLE %I (%s)', history, columns)
    || CASE WHEN is_hypertable THEN '' ELSE format(' PARTITION BY RANGE (%I)', time_column) END;
  IF is_hypertable THEN
    EXECUTE 'SELECT create_hypertable($1::regclass, by_range($2::name, interval ''1 month''), create_default_indexes => false)'
      USING history, time_column;
  ELSE
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', history || '_default', history);
  END IF;
  INSERT INTO partition_policies (table_name, retain) VALUES (qualified_name(history::regclass), create_history.retain);
  PERFORM maintain_partitions();
END
$$;

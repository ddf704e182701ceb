-- The step of partitionByMonth() that needs the lock: all of it is in the catalogue.

-- Everything that has to be on the new table as it was on the old one, as statements to be run when the new one has
-- taken its name; without the indexes that are about to be its keys.
CREATE FUNCTION definitions_to_repeat(target regclass, key_indexes text[]) RETURNS TABLE (place integer, statement text)
  LANGUAGE sql
  STABLE
  SET search_path = ''
AS $$
  SELECT 1, pg_get_indexdef(i.indexrelid)
    FROM pg_index AS i
   WHERE i.indrelid = target AND i.indisvalid
     AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
     AND (SELECT relname FROM pg_class WHERE oid = i.indexrelid) <> ALL (key_indexes)
  UNION ALL
  SELECT 2, format('ALTER TABLE %s ADD CONSTRAINT %I %s', target, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = target AND contype = 'f'
  UNION ALL
  SELECT 4, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = target AND NOT tgisinternal
  UNION ALL
  SELECT 5, format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', policyname, target, permissive, cmd,
                   (SELECT string_agg(CASE role WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(role) END, ', ')
                      FROM unnest(roles) AS role))
            || coalesce(' USING (' || qual || ')', '') || coalesce(' WITH CHECK (' || with_check || ')', '')
    FROM pg_policies AS p
    JOIN pg_class AS c ON c.oid = target AND c.relname = p.tablename AND c.relnamespace::regnamespace::name = p.schemaname
  UNION ALL
  -- Those of other tables that read this one.
  SELECT 5, format('ALTER POLICY %I ON %s', p.polname, p.polrelid::regclass)
            || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
            || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
    FROM pg_policy AS p
   WHERE p.polrelid <> target
     AND EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = target)
  UNION ALL
  SELECT 6, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target)
         || CASE WHEN relforcerowsecurity THEN format('; ALTER TABLE %s FORCE ROW LEVEL SECURITY', target) ELSE '' END
    FROM pg_class WHERE oid = target AND relrowsecurity
  UNION ALL
  -- The owner's too: what they took from themselves they do not have again.
  SELECT 7, format('REVOKE ALL ON %s FROM %s', target, relowner::regrole)
    FROM pg_class WHERE oid = target AND relacl IS NOT NULL
  UNION ALL
  SELECT 8, format('GRANT %s ON %s TO %s', g.privilege_type, target,
                   CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END)
            || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS g
   WHERE c.oid = target
$$;

-- The views of the old table as statements that make them read the new one. A view is replaced in its place. A materialized
-- view goes on as it is, and gets an empty successor that is filled and put in its place later, without this lock.
CREATE FUNCTION views_to_repeat(target regclass) RETURNS TABLE (statement text)
  LANGUAGE plpgsql
  STABLE
  SET search_path FROM CURRENT
AS $$
DECLARE
  each record;
  next_name text;
BEGIN
  FOR each IN SELECT v.view, v.is_materialized, qualified_name(v.view) AS path, c.relname, c.reloptions, c.relacl, c.relowner,
                     rtrim(full_definition(v.view), ';') AS definition
                FROM views_of(target) AS v JOIN pg_class AS c ON c.oid = v.view LOOP
    IF NOT each.is_materialized THEN
      statement := format('CREATE OR REPLACE VIEW %s%s AS %s', each.path,
        coalesce(' WITH (' || array_to_string(each.reloptions, ', ') || ')', ''), each.definition);
      RETURN NEXT;
      CONTINUE;
    END IF;
    next_name := successor_of(each.view);
    statement := format('CREATE MATERIALIZED VIEW %s AS %s WITH NO DATA', next_name, each.definition);
    RETURN NEXT;
    statement := format('ALTER MATERIALIZED VIEW %s OWNER TO %I', next_name, pg_get_userbyid(each.relowner));
    RETURN NEXT;
    RETURN QUERY SELECT replace(replace(full_index_definition(i.indexrelid),
                          format(' INDEX %I ON ', c.relname), format(' INDEX %I ON ', left(c.relname, 57) || '_month')),
                          format(' ON %s USING ', each.path), format(' ON %s USING ', next_name))
                   FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = each.view;
    RETURN QUERY SELECT format('GRANT %s ON %s TO %s', g.privilege_type, next_name,
                          CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END)
                          || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
                   FROM aclexplode(each.relacl) AS g WHERE g.grantee <> each.relowner;
  END LOOP;
END
$$;

-- Definitions in which every name has its schema.
CREATE FUNCTION full_definition(view regclass) RETURNS text
  LANGUAGE sql STABLE SET search_path = '' AS $$ SELECT pg_get_viewdef(view) $$;
CREATE FUNCTION full_index_definition(index oid) RETURNS text
  LANGUAGE sql STABLE SET search_path = '' AS $$ SELECT pg_get_indexdef(index) $$;

-- What the successor of a materialized view is called until it takes its place.
CREATE FUNCTION successor_of(view regclass) RETURNS text
  LANGUAGE sql
  STABLE
RETURN (SELECT format('%I.%I', n.nspname, left(c.relname, 57) || '_month')
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = view);

-- Materialized views that read only the old part of a table, and their successors.
CREATE FUNCTION successors_of_views(target regclass) RETURNS TABLE (view text, successor text)
  LANGUAGE sql
  STABLE
  SET search_path FROM CURRENT
AS $$
  SELECT DISTINCT qualified_name(v.view), successor_of(v.view)
    FROM pg_inherits AS i CROSS JOIN LATERAL views_of(i.inhrelid) AS v
   WHERE i.inhparent = target AND v.is_materialized AND to_regclass(successor_of(v.view)) IS NOT NULL
$$;

-- Puts a successor, filled by now, in the place of its materialized view.
CREATE FUNCTION replace_view(view regclass, successor regclass) RETURNS void
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
  SET lock_timeout = '500ms'
AS $$
DECLARE
  name text := (SELECT relname FROM pg_class WHERE oid = view);
  home text := (SELECT quote_ident(n.nspname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.oid = view);
  names text[] := ARRAY(SELECT c.relname::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
                         WHERE i.indrelid = view);
  index text;
BEGIN
  EXECUTE format('DROP MATERIALIZED VIEW %s', view);
  EXECUTE format('ALTER MATERIALIZED VIEW %s RENAME TO %I', successor, name);
  FOREACH index IN ARRAY names LOOP
    EXECUTE format('ALTER INDEX %s.%I RENAME TO %I', home, left(index, 57) || '_month', index);
  END LOOP;
END
$$;

-- Makes the old table fit to be a partition: under another name, as are its indexes, and with its keys widened.
CREATE FUNCTION make_past_partition(target regclass, time_column text, suffix text) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  each record;
BEGIN
  FOR each IN SELECT tgname FROM pg_trigger WHERE tgrelid = target AND NOT tgisinternal LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', each.tgname, target);
  END LOOP;
  FOR each IN SELECT * FROM keys_to_widen(target, time_column) LOOP
    IF each.is_primary THEN
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', target, each.key);
      EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY USING INDEX %I', target, each.key, each.wide_index);
    ELSE
      EXECUTE format('ALTER TABLE %s ADD UNIQUE USING INDEX %I', target, each.wide_index);
    END IF;
  END LOOP;
  FOR each IN SELECT i.indexrelid::regclass AS oid, c.relname
                FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = target LOOP
    EXECUTE format('ALTER INDEX %s RENAME TO %I', each.oid, left(each.relname, 63 - octet_length(suffix)) || suffix);
  END LOOP;
  EXECUTE format('ALTER TABLE %s RENAME TO %I', target, (SELECT relname FROM pg_class WHERE oid = target) || suffix);
END
$$;

-- Hands the numbers over: the new table's identities go on where the old one's were, and sequences that belonged to a
-- column of the old one do not end with it.
CREATE FUNCTION hand_over_sequences(past regclass, target text) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  each record;
  next bigint;
BEGIN
  FOR each IN SELECT a.attname, a.attidentity, d.objid::regclass AS sequence
                FROM pg_depend AS d JOIN pg_attribute AS a ON a.attrelid = past AND a.attnum = d.refobjsubid
               WHERE d.refobjid = past AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
                 AND d.objid IN (SELECT seqrelid FROM pg_sequence) LOOP
    IF each.attidentity = '' THEN
      EXECUTE format('ALTER SEQUENCE %s OWNED BY %s.%I', each.sequence, target, each.attname);
    ELSE
      EXECUTE format('SELECT last_value + is_called::integer FROM %s', each.sequence) INTO next;
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP IDENTITY', past, each.attname);
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I ADD GENERATED %s AS IDENTITY (START WITH %s)', target, each.attname,
        CASE each.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, next);
    END IF;
  END LOOP;
END
$$;

-- Every foreign key to a table goes, and what takes its place comes back as statements.
CREATE FUNCTION release_references(target regclass, path text) RETURNS text[]
  LANGUAGE plpgsql
AS $$
DECLARE
  each record;
  statements text[] := '{}';
BEGIN
  FOR each IN SELECT c.conname, c.conrelid::regclass AS child, a.attname AS child_column, b.attname AS parent_column
                FROM pg_constraint AS c
                JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                JOIN pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
               WHERE c.contype = 'f' AND c.confrelid = target AND c.conparentid = 0 ORDER BY c.oid LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', each.child, each.conname);
    statements := statements || format('SELECT keep_reference(%L, %L::regclass, %L, %L::regclass, %L)',
      each.conname, each.child, each.child_column, path, each.parent_column);
  END LOOP;
  RETURN statements;
END
$$;

-- The keys of a table as they can be on a partitioned one.
CREATE FUNCTION keys_of_partitioned(target regclass, time_column text) RETURNS text[]
  LANGUAGE sql
  STABLE
AS $$
  SELECT coalesce(array_agg(format('ALTER TABLE %s ADD CONSTRAINT %I %s', qualified_name(target), c.conname, CASE
           WHEN k.key IS NULL THEN pg_get_constraintdef(c.oid)
           ELSE format('%s (%s)', CASE WHEN k.is_primary THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, k.wide_columns)
         END)), '{}')
    FROM pg_constraint AS c
    LEFT JOIN keys_to_widen(target, time_column) AS k ON k.key = c.conname
   WHERE c.conrelid = target AND c.contype IN ('p', 'u')
$$;

-- Puts a partitioned table in the place of a table whose rows are all before "cutoff", and makes that one its first
-- partition. Needs the wide indexes and the validated constraint chk_partition_cutoff. Returns for how long the table
-- was locked, as far as it can know: the commit comes on top.
CREATE FUNCTION swap_partitioned_table(target regclass, time_column text, cutoff timestamptz) RETURNS interval
  LANGUAGE plpgsql
  SET search_path FROM CURRENT
  SET TimeZone = 'UTC'
  SET lock_timeout = '500ms'
AS $$
DECLARE
  short_name text := (SELECT relname FROM pg_class WHERE oid = target);
  path text := qualified_name(target);
  home text := (SELECT format('%I', n.nspname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.oid = target);
  time_type regtype := (SELECT atttypid FROM pg_attribute WHERE attrelid = target AND attname = time_column);
  suffix text := to_char(cutoff, '"_before_"YYYY_MM');
  locked timestamptz;
  child regclass;
  first_statements text[];
  last_statements text[];
  keys text[];
  local_keys text[];
  statements text[];
  statement text;
BEGIN
  FOR child IN SELECT DISTINCT conrelid::regclass FROM pg_constraint
                WHERE contype = 'f' AND confrelid = target AND conparentid = 0 ORDER BY 1 LOOP
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', child);
    locked := coalesce(locked, clock_timestamp());
  END LOOP;
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', path);
  locked := coalesce(locked, clock_timestamp());
  keys := keys_of_partitioned(target, time_column);
  local_keys := ARRAY(SELECT k.columns FROM keys_to_widen(target, time_column) AS k
                       WHERE NOT k.is_primary OR NOT EXISTS (
                         SELECT FROM pg_attribute AS a WHERE a.attrelid = target AND a.attidentity <> ''
                            AND quote_ident(a.attname) = k.columns));
  SELECT coalesce(array_agg(d.statement ORDER BY place) FILTER (WHERE place < 3), '{}'),
         coalesce(array_agg(d.statement ORDER BY place) FILTER (WHERE place > 3), '{}')
    INTO first_statements, last_statements
    FROM definitions_to_repeat(target, ARRAY(SELECT k.wide_index FROM keys_to_widen(target, time_column) AS k)) AS d;
  last_statements := last_statements || ARRAY(SELECT v.statement FROM views_to_repeat(target) AS v);
  statements := release_references(target, path);
  PERFORM make_past_partition(target, time_column, suffix);
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY EXCLUDING STATISTICS) '
    'PARTITION BY RANGE (%I)', path, target, time_column);
  EXECUTE format('ALTER TABLE %s DROP CONSTRAINT chk_partition_cutoff', path);
  EXECUTE format('ALTER TABLE %s OWNER TO %I', path, (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = target));
  FOREACH statement IN ARRAY keys || first_statements LOOP
    EXECUTE statement;
  END LOOP;
  PERFORM hand_over_sequences(target, path);
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (MINVALUE) TO (%L)', path, target,
    CASE time_type WHEN 'timestamptz'::regtype THEN cutoff::text ELSE (cutoff AT TIME ZONE 'UTC')::date::text END);
  EXECUTE format('ALTER TABLE %s DROP CONSTRAINT chk_partition_cutoff', target);
  EXECUTE format('CREATE TABLE %s.%I PARTITION OF %s DEFAULT', home, short_name || '_default', path);
  FOREACH statement IN ARRAY last_statements || statements LOOP
    EXECUTE statement;
  END LOOP;
  PERFORM guard_partition(path::regclass, p.partition) FROM partitions_of(path::regclass) AS p;
  INSERT INTO partition_policies (table_name, local_keys) VALUES (path, local_keys);
  RETURN clock_timestamp() - locked;
END
$$;

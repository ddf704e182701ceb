-- Turning a table that has outgrown itself into one that is partitioned by month: functions only, nothing is changed by
-- them being here. The old table becomes the partition of all that was before, so no row is copied, and the lock is one
-- of milliseconds. What takes long is done before, while everybody reads and writes: see partitionByMonth().

-- The keys of a table that lack the time by which it is to be partitioned, and the index that takes the place of each.
-- A partitioned table can promise uniqueness only for keys with that column in them.
CREATE FUNCTION keys_to_widen(target regclass, time_column text)
  RETURNS TABLE (key text, is_primary boolean, columns text, wide_columns text, wide_index text, is_ready boolean)
  LANGUAGE sql
  STABLE
AS $$
  SELECT k.conname::text, k.contype = 'p', k.columns, k.columns || ', ' || quote_ident(time_column), k.wide_index,
         coalesce((SELECT i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
                    WHERE i.indrelid = target AND c.relname = k.wide_index), false)
    FROM (SELECT c.conname, c.contype, left(c.conname, 57) || '_month' AS wide_index,
                 (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY place)
                    FROM unnest(c.conkey) WITH ORDINALITY AS part (attnum, place)
                    JOIN pg_attribute AS a ON a.attrelid = target AND a.attnum = part.attnum) AS columns,
                 EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = target AND a.attname = time_column
                            AND a.attnum = ANY (c.conkey)) AS has_time
            FROM pg_constraint AS c WHERE c.conrelid = target AND c.contype IN ('p', 'u')) AS k
   WHERE NOT k.has_time
$$;

-- The views that read a table directly.
CREATE FUNCTION views_of(target regclass) RETURNS TABLE (view regclass, is_materialized boolean)
  LANGUAGE sql
  STABLE
AS $$
  SELECT DISTINCT r.ev_class::regclass, c.relkind = 'm'
    FROM pg_depend AS d
    JOIN pg_rewrite AS r ON r.oid = d.objid
    JOIN pg_class AS c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
   WHERE d.refobjid = target AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_rewrite'::regclass
$$;

-- Why a table cannot be partitioned by month as it is, with what to do about it; no row when it can.
CREATE FUNCTION partition_obstacles(target regclass, time_column text) RETURNS TABLE (obstacle text, remedy text)
  LANGUAGE sql
  STABLE
  SET TimeZone = 'UTC'
AS $$
  SELECT 'it is ' || CASE WHEN c.relispartition THEN 'a partition' WHEN c.relkind = 'p' THEN 'partitioned already'
                          WHEN c.relkind = 'r' THEN 'part of an inheritance' ELSE 'no table' END,
         'name an ordinary table'
    FROM pg_class AS c
   WHERE c.oid = target
     AND (c.relkind <> 'r' OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = target OR inhparent = target))
  UNION ALL
  SELECT format('it has no column "%s" of a time that is NOT NULL', time_column),
         'name a column of type timestamptz, timestamp or date, and make it NOT NULL'
   WHERE NOT EXISTS (SELECT FROM pg_attribute AS a
                      WHERE a.attrelid = target AND a.attname = time_column AND a.attnotnull AND a.attgenerated = ''
                        AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype))
  UNION ALL
  SELECT format('its name is longer than %s bytes', 63 - octet_length('_before_2026_01')), 'give it a shorter name'
    FROM pg_class WHERE oid = target AND octet_length(relname) > 63 - octet_length('_before_2026_01')
  UNION ALL
  SELECT format('the constraint "%s" is not validated', conname), 'validate it'
    FROM pg_constraint
   WHERE (conrelid = target AND NOT convalidated AND conname <> 'chk_partition_cutoff')
      OR (confrelid = target AND NOT convalidated)
  UNION ALL
  SELECT format('the constraint "%s" excludes rows by what others hold', conname), 'drop it'
    FROM pg_constraint WHERE conrelid = target AND contype = 'x'
  UNION ALL
  SELECT format('the foreign key "%s" of "%s" does more than refuse, or has several columns', conname, conrelid::regclass),
         'make it ON DELETE RESTRICT and ON UPDATE NO ACTION over one column'
    FROM pg_constraint
   WHERE contype = 'f' AND confrelid = target
     AND (conrelid = target OR array_length(conkey, 1) > 1 OR confdeltype NOT IN ('r', 'a') OR confupdtype NOT IN ('r', 'a'))
  UNION ALL
  SELECT format('the unique index "%s" does not hold "%s"', i.indexrelid::regclass, time_column),
         'drop it, or add the column to it'
    FROM pg_index AS i
   WHERE i.indrelid = target AND i.indisunique
     AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
     AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = target AND a.attname = time_column
                        AND a.attnum = ANY (i.indkey))
  UNION ALL
  SELECT format('the trigger "%s" is switched off or of its own kind', tgname), 'enable or drop it'
    FROM pg_trigger WHERE tgrelid = target AND NOT tgisinternal AND tgenabled <> 'O'
  UNION ALL
  SELECT format('the view "%s" reads the materialized view "%s", which reads it', r.ev_class::regclass, v.view),
         'drop the view, and create it again afterwards'
    FROM views_of(target) AS v JOIN pg_depend AS d ON d.refobjid = v.view AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite AS r ON r.oid = d.objid AND r.ev_class <> v.view
   WHERE v.is_materialized
  UNION ALL
  SELECT format('the rule "%s" is on it', rulename), 'drop the rule'
    FROM pg_rewrite WHERE ev_class = target
  UNION ALL
  SELECT DISTINCT format('the function "%s" has it in its definition', d.objid::regprocedure),
         'write the body of the function as text'
    FROM pg_depend AS d
    LEFT JOIN pg_type AS t ON t.typrelid = target
   WHERE d.classid = 'pg_proc'::regclass
     AND (d.refobjid = target OR d.refobjid IN (t.oid, t.typarray))
  UNION ALL
  SELECT format('the publication "%s" names it', p.pubname), 'take it out, and put it in again afterwards'
    FROM pg_publication_rel AS r JOIN pg_publication AS p ON p.oid = r.prpubid WHERE r.prrelid = target
  UNION ALL
  SELECT format('rights are granted on its column "%s"', attname), 'grant them on the whole table'
    FROM pg_attribute WHERE attrelid = target AND attacl IS NOT NULL
$$;

-- Up to where the rows of a table that is to be partitioned go into its first partition: the first month that begins
-- after all of them and at least a week from now, so that there is time to prepare everything.
CREATE FUNCTION partition_cutoff(target regclass, time_column text) RETURNS timestamptz
  LANGUAGE plpgsql
  STABLE
  SET TimeZone = 'UTC'
AS $$
DECLARE
  latest timestamptz;
  soon timestamptz := now() + interval '7 days';
BEGIN
  EXECUTE format('SELECT max(%I)::timestamptz FROM %s WHERE %1$I < ''infinity''', time_column, target) INTO latest;
  IF latest > now() + interval '3 months' THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('Table "%s" has rows whose "%s" is more than three months from now.', target, time_column),
      HINT = 'Mend or move those rows first: all that is there becomes one partition, up to the latest row.';
  END IF;
  RETURN date_trunc('month', greatest(latest, soon)) + interval '1 month';
END
$$;

-- Takes the place of a foreign key to a table that can be unique only together with its time. As the foreign key did,
-- it refuses references to nothing and the end of what is referred to, under the same name; only whole months may go
-- while something refers to them. Generated as code of its own, so that its plans are kept.
CREATE FUNCTION keep_reference(name text, child regclass, child_column text, parent regclass, parent_column text)
  RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  path text := (SELECT format('%I', n.nspname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.oid = child);
  child_name text := (SELECT relname FROM pg_class WHERE oid = child);
  parent_name text := (SELECT relname FROM pg_class WHERE oid = parent);
BEGIN
  EXECUTE format($body$
    CREATE FUNCTION %1$s.%2$I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = %1$s, pg_temp AS $f$
    BEGIN
      PERFORM FROM %3$s WHERE %4$I = NEW.%5$I FOR KEY SHARE;
      IF NOT FOUND AND NEW.%5$I IS NOT NULL THEN
        RAISE foreign_key_violation USING
          MESSAGE = %6$L, DETAIL = format('Key (%%s)=(%%s) is not present in table "%%s".', %5$L, NEW.%5$I, %7$L),
          SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = %8$L;
      END IF;
      RETURN NULL;
    END $f$ $body$,
    path, 'check_' || name, parent, parent_column, child_column,
    format('insert or update on table "%s" violates foreign key constraint "%s"', child_name, name), parent_name, name);
  EXECUTE format($body$
    CREATE FUNCTION %1$s.%2$I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = %1$s, pg_temp AS $f$
    BEGIN
      -- A row that moves to another partition is deleted in one and inserted in the other: it has not ended.
      IF EXISTS (SELECT FROM %3$s WHERE %5$I = OLD.%4$I) AND NOT EXISTS (SELECT FROM %6$s WHERE %4$I = OLD.%4$I) THEN
        RAISE foreign_key_violation USING
          MESSAGE = %7$L, DETAIL = format('Key (%%s)=(%%s) is still referenced from table "%%s".', %4$L, OLD.%4$I, %8$L),
          SCHEMA = TG_TABLE_SCHEMA, TABLE = %8$L, CONSTRAINT = %9$L;
      END IF;
      RETURN NULL;
    END $f$ $body$,
    path, 'guard_' || name, child, parent_column, child_column, parent,
    format('update or delete on table "%s" violates foreign key constraint "%s" on table "%s"',
      parent_name, name, child_name), child_name, name);
  EXECUTE format($body$
    CREATE FUNCTION %1$s.%2$I() RETURNS trigger LANGUAGE plpgsql SET search_path = %1$s, pg_temp AS $f$
    BEGIN
      IF EXISTS (SELECT FROM %3$s) THEN
        RAISE feature_not_supported USING MESSAGE = %4$L, CONSTRAINT = %5$L;
      END IF;
      RETURN NULL;
    END $f$ $body$,
    path, 'empty_' || name, child, format('cannot truncate "%s": "%s" refers to it', parent_name, child_name), name);
  EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OF %I ON %s FOR EACH ROW EXECUTE FUNCTION %s.%I()',
    'check_' || name, child_column, child, path, 'check_' || name);
  EXECUTE format('CREATE TRIGGER %I AFTER DELETE OR UPDATE OF %I ON %s FOR EACH ROW EXECUTE FUNCTION %s.%I()',
    'guard_' || name, parent_column, parent, path, 'guard_' || name);
  EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s.%I()',
    'empty_' || name, parent, path, 'empty_' || name);
END
$$;

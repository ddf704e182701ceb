-- The rules of the target that the live schema does not enforce for all rows yet, each with the condition under which a
-- row `t` breaks it. Written on the types that the live table has, for a look before anything is changed.
CREATE OR REPLACE FUNCTION digis_hardening.rules()
  RETURNS TABLE (table_name text, rule text, condition text)
  LANGUAGE sql STABLE
AS $$
  SELECT m.table_name, m.name, digis_hardening.for_live(CASE c.contype
           WHEN 'c' THEN format('NOT coalesce((%s), true)', pg_get_expr(c.conbin, c.conrelid))
           WHEN 'f' THEN format('t.%1$I IS NOT NULL AND NOT EXISTS (SELECT FROM %2$s AS parent WHERE parent.%3$I = t.%1$I)',
                                child.attname, c.confrelid::regclass, parent.attname)
           ELSE digis_hardening.repeated(m.table_name, quote_ident(child.attname))
         END)
    FROM digis_hardening.missing('constraint') AS m
    JOIN pg_constraint AS c ON c.conrelid = ('digis_target.' || quote_ident(m.table_name))::regclass AND c.conname = m.name
    LEFT JOIN pg_attribute AS child ON child.attrelid = c.conrelid AND child.attnum = c.conkey[1]
    LEFT JOIN pg_attribute AS parent ON parent.attrelid = c.confrelid AND parent.attnum = c.confkey[1]
   WHERE c.contype IN ('c', 'f') OR cardinality(c.conkey) = 1
  UNION ALL
  SELECT c.table_name, 'nn_' || c.name, format('t.%I IS NULL', c.name)
    FROM digis_hardening.columns() AS c
   WHERE c.target_not_null AND NOT coalesce(c.live_not_null, true)
  UNION ALL
  SELECT 'users', 'uq_users_username', digis_hardening.for_live(digis_hardening.repeated('users', 'lower(username)'))
   WHERE EXISTS (SELECT FROM digis_hardening.missing('index') AS m WHERE m.name = 'uq_users_username')
$$;

-- True of every row `t` that has the same value as another one, except for the oldest: that one keeps it.
CREATE OR REPLACE FUNCTION digis_hardening.repeated(of_table text, value text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT format('t.ctid IN (SELECT ctid FROM (SELECT ctid, row_number() OVER (PARTITION BY %s ORDER BY %I, ctid) AS nth FROM digis_target.%I WHERE %1$s IS NOT NULL) AS numbered WHERE nth > 1)',
                value, digis_hardening.key_of(of_table), of_table)
$$;

-- What an offending value is changed to, where a row may stay; without one the row is moved, with what refers to it.
-- Money is never changed: such a payment or account is moved as it is.
CREATE OR REPLACE FUNCTION digis_hardening.repairs()
  RETURNS TABLE (table_name text, rule text, column_name text, value text)
  LANGUAGE sql STABLE
AS $$
  VALUES
    ('users', 'chk_users_bio', 'bio', 'left(t.bio, 5000)'),
    ('users', 'chk_users_profile_pic_url', 'profile_pic_url', ''''''),
    ('users', 'chk_users_price_per_min', 'price_per_min', '1.00'),
    ('users', 'chk_users_display_name', 'display_name', 'nullif(btrim(left(btrim(t.display_name), 100)), '''')'),
    ('users', 'chk_users_username', 'username', 'NULL'),
    ('users', 'uq_users_username', 'username', 'NULL'),
    ('users', 'uq_users_supabase_id', 'supabase_id', 'md5(''duplicate of '' || t.supabase_id || '' '' || t.id)::uuid'),
    ('users', 'nn_supabase_id', 'supabase_id', 'md5(''nobody '' || t.id)::uuid'),
    ('users', 'nn_bio_search', 'bio_search', '''''::tsvector'),
    ('sessions', 'chk_sessions_type', 'type', 'CASE WHEN lower(btrim(t.type)) IN (''video'', ''voice'', ''text'') THEN lower(btrim(t.type)) WHEN t.type ~* ''voice|audio|phone'' THEN ''voice'' WHEN t.type ~* ''chat|text|message'' THEN ''text'' ELSE ''video'' END'),
    ('sessions', 'chk_sessions_end_time', 'end_time', 't.start_time'),
    ('payments', 'chk_payments_status', 'status', 'CASE WHEN t.status ~* ''^\s*(completed?|paid|succe(ss|eded)|done|ok)\s*$'' THEN ''completed'' WHEN t.status ~* ''^\s*(pending|open|processing|created)\s*$'' THEN ''pending'' WHEN t.status ~* ''^\s*(failed|failure|error|declined|cancell?ed)\s*$'' THEN ''failed'' WHEN t.status ~* ''^\s*refund(ed)?\s*$'' THEN ''refunded'' ELSE t.status END'),
    ('payments', 'nn_creator_id', 'creator_id', '(SELECT s.creator_id FROM digis_target.sessions AS s WHERE s.id = t.session_id)'),
    ('payments', 'nn_fan_id', 'fan_id', '(SELECT s.fan_id FROM digis_target.sessions AS s WHERE s.id = t.session_id)')
  UNION ALL
  SELECT c.table_name, 'nn_' || c.name, c.name, c.target_default
    FROM digis_hardening.columns() AS c WHERE c.target_not_null AND c.target_default IS NOT NULL
$$;

-- Looks for rows that break a rule, and keeps how many and which.
CREATE OR REPLACE PROCEDURE digis_hardening.examine()
  LANGUAGE plpgsql
AS $$
DECLARE
  it record;
  found bigint;
  samples text[];
BEGIN
  UPDATE digis_quarantine.findings SET open = false WHERE open;
  FOR it IN SELECT r.*, digis_hardening.key_of(r.table_name) AS key FROM digis_hardening.rules() AS r ORDER BY 1, 2 LOOP
    EXECUTE format('SELECT count(*), (array_agg(key::text ORDER BY key))[1:5] FROM (SELECT t.%I AS key FROM %I.%I AS t WHERE %s) AS offending',
                   it.key, digis_hardening.live(), it.table_name, it.condition) INTO found, samples;
    IF found > 0 THEN
      RAISE INFO '% rows of % break %; keys: %', found, it.table_name, it.rule, array_to_string(samples, ', ');
      INSERT INTO digis_quarantine.findings (table_name, rule, offending_rows, samples) VALUES (it.table_name, it.rule, found, samples)
        ON CONFLICT (table_name, rule) DO UPDATE
        SET offending_rows = EXCLUDED.offending_rows, samples = EXCLUDED.samples, open = true, found_at = EXCLUDED.found_at;
    END IF;
    COMMIT;
  END LOOP;
END
$$;

-- The column by which rows of a table are named: the first of its primary key.
CREATE OR REPLACE FUNCTION digis_hardening.key_of(of_table text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT a.attname::text FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
   WHERE c.conrelid = ('digis_target.' || quote_ident(of_table))::regclass AND c.contype = 'p'
$$;

import { COMMIT_GUARD } from './history-table.js'

/**
 * Everything in the schemas `$1` that a migration can make, one row each: what it is, its name, and the digest of its
 * definition. Left out: what belongs to an extension, partitions (jobs come and go with them), the runner's own
 * histories, the order of columns and the names of NOT NULL constraints, in which a grown table differs from a new one,
 * and invalid indexes: leftovers, or being built. Definitions name everything with its schema only while `search_path`
 * is empty.
 */
export const CATALOG_OBJECTS = `
WITH spaces AS (
  SELECT oid, nspname, nspacl, nspowner FROM pg_namespace WHERE nspname = ANY ($1)
), members AS (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), histories AS (
  SELECT conrelid AS oid FROM pg_constraint WHERE conname = '${COMMIT_GUARD}'
), relations AS (
  SELECT c.*, format('%I.%I', s.nspname, c.relname) AS name
    FROM pg_class AS c JOIN spaces AS s ON s.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT c.relispartition
     AND c.oid NOT IN (SELECT oid FROM histories)
     AND NOT EXISTS (SELECT FROM members WHERE classid = 'pg_class'::regclass AND objid = c.oid)
), routines AS (
  SELECT p.*, format('%I.%I(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name
    FROM pg_proc AS p JOIN spaces AS s ON s.oid = p.pronamespace
   WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
), types AS (
  SELECT t.*, format('%I.%I', s.nspname, t.typname) AS name
    FROM pg_type AS t JOIN spaces AS s ON s.oid = t.typnamespace
   WHERE t.typtype IN ('e', 'd')
     AND NOT EXISTS (SELECT FROM members WHERE classid = 'pg_type'::regclass AND objid = t.oid)
), acls AS (
  SELECT 'schema' AS what, quote_ident(nspname) AS name, coalesce(nspacl, acldefault('n', nspowner)) AS acl
    FROM spaces
   UNION ALL
  SELECT 'table', name, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
    FROM relations
   UNION ALL
  SELECT 'function', name, coalesce(proacl, acldefault('f', proowner)) FROM routines
   UNION ALL
  SELECT 'column', format('%s.%I', r.name, a.attname), a.attacl
    FROM relations AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attacl IS NOT NULL
   WHERE NOT a.attisdropped
), objects (kind, name, definition) AS (
  SELECT 'table', r.name, concat_ws(' ', r.relkind, r.relpersistence, r.relrowsecurity, r.relforcerowsecurity,
         r.reloptions::text, CASE WHEN r.relkind = 'p' THEN pg_get_partkeydef(r.oid) END,
         CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) END)
    FROM relations AS r
   UNION ALL
  SELECT 'column', format('%s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
         a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid))
    FROM relations AS r
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE r.relkind <> 'S'
   UNION ALL
  SELECT 'constraint', format('%s.%I', r.name, o.conname), pg_get_constraintdef(o.oid)
    FROM relations AS r JOIN pg_constraint AS o ON o.conrelid = r.oid
   WHERE o.contype <> 't' AND NOT (o.contype = 'n' AND o.convalidated)
   UNION ALL
  SELECT 'index', format('%s.%I', r.name, c.relname), concat_ws(' ', pg_get_indexdef(c.oid), i.indisvalid)
    FROM relations AS r JOIN pg_index AS i ON i.indrelid = r.oid JOIN pg_class AS c ON c.oid = i.indexrelid
   WHERE i.indisvalid OR c.relkind = 'I'
   UNION ALL
  SELECT 'trigger', format('%s.%I', r.name, g.tgname), concat_ws(' ', pg_get_triggerdef(g.oid), g.tgenabled)
    FROM relations AS r JOIN pg_trigger AS g ON g.tgrelid = r.oid AND NOT g.tgisinternal
   UNION ALL
  SELECT 'policy', format('%s.%I', r.name, y.polname), concat_ws(' ', y.polcmd, y.polpermissive,
         ARRAY(SELECT CASE o WHEN 0 THEN 'public' ELSE pg_get_userbyid(o) END FROM unnest(y.polroles) AS o
                ORDER BY 1)::text,
         pg_get_expr(y.polqual, y.polrelid), pg_get_expr(y.polwithcheck, y.polrelid))
    FROM relations AS r JOIN pg_policy AS y ON y.polrelid = r.oid
   UNION ALL
  SELECT 'function', p.name, CASE WHEN p.prokind = 'a'
         THEN concat_ws(' ', 'aggregate', pg_get_function_result(p.oid), g.aggtransfn, g.aggfinalfn, g.agginitval)
         ELSE pg_get_functiondef(p.oid) END
    FROM routines AS p LEFT JOIN pg_aggregate AS g ON g.aggfnoid = p.oid
   UNION ALL
  SELECT 'type', t.name, CASE t.typtype
         WHEN 'e' THEN ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)::text
         ELSE concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
              ARRAY(SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
                     WHERE contypid = t.oid ORDER BY conname)::text) END
    FROM types AS t
   UNION ALL
  SELECT 'grant', a.what || ' ' || a.name,
         (SELECT string_agg(concat_ws(' ', CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END,
                 x.privilege_type, x.is_grantable), ',' ORDER BY x.grantee, x.privilege_type, x.is_grantable)
            FROM aclexplode(a.acl) AS x)
    FROM acls AS a
)
SELECT kind || ' ' || name AS object,
       left(encode(sha256(convert_to(coalesce(definition, ''), 'UTF8')), 'hex'), 16) AS digest
  FROM objects`

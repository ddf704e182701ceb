import type { MigrationClient } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import { MigrationFileError } from './migration-file-error.js'

/** An index that an attempt of a file has made. */
export interface LeftIndex {
  /** With its schema, quoted. */
  readonly name: string
  readonly isValid: boolean
}

/** Whether a name stands in the text `$1` as a word of its own. */
const named = (name: string) =>
  `$1 ~* ('(^|[^[:alnum:]_$])' || regexp_replace(${name}, '([^[:alnum:]_])', '\\\\\\1', 'g') || '($|[^[:alnum:]_$])')`

/** What is being built right now is invalid until it is done. */
const NOT_BEING_BUILT =
  'NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)'

/** An index on a partitioned table is invalid on purpose until every partition has its own. */
const INDEXES = `
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
  JOIN pg_class AS t ON t.oid = i.indrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace`

/**
 * The indexes that are there since the first attempt of a file and that the file can have made: it names them, or
 * their table. Those that others are building are left out.
 *
 * @param before the oids of the indexes that were there before; null: nobody knows, so none counts as the file's
 */
export async function leftIndexes(
  client: MigrationClient,
  file: MigrationFile,
  before: readonly number[] | null,
): Promise<readonly LeftIndex[]> {
  if (before === null) return []
  const { rows } = await client.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, i.indisvalid AS "isValid" ${INDEXES}
      WHERE i.indexrelid <> ALL ($2::oid[]) AND ${NOT_BEING_BUILT}
        AND (${named("regexp_replace(c.relname, '_cc(new|old)[0-9]*$', '')")} OR ${named('t.relname')})
      ORDER BY 1`,
    [file.text, before],
  )
  return rows as unknown as LeftIndex[]
}

/**
 * `IF NOT EXISTS` skips the invalid index of an earlier failure without a word, and it would enforce nothing.
 *
 * @throws MigrationFileError when an index that the file names is invalid
 */
export async function refuseInvalidIndexes(client: MigrationClient, file: MigrationFile): Promise<void> {
  const { rows } = await client.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS index ${INDEXES}
      WHERE NOT i.indisvalid AND ${named('c.relname')} AND ${NOT_BEING_BUILT}
      ORDER BY 1`,
    [file.text],
  )
  const index = rows[0]?.index
  if (index === undefined) return
  throw new MigrationFileError(
    file.name,
    `the index ${index} is invalid: it enforces nothing and serves no query. ` +
      `Remove it with DROP INDEX CONCURRENTLY ${index}; and run the migrations again.`,
  )
}

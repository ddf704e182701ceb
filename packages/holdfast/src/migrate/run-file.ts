import { HoldfastError } from '../base/errors.js'
import { COMMIT_GUARD, type History } from './history.js'
import { type MigrationClient, unlimited } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import { MigrationFileError, positionAt } from './migration-file-error.js'
import { type ServerError, sqlStateOf } from './server-error.js'

/**
 * Runs a file, which {@link History.begin} has recorded, inside the transaction that is open.
 *
 * @throws MigrationFileError when the server refuses it; the caller rolls back
 */
export async function runInTransaction(
  client: MigrationClient,
  file: MigrationFile,
  history: History,
): Promise<void> {
  await send(client, file, 'Nothing of the file was applied.')
  if (await history.finish(client, file)) return
  throw new MigrationFileError(
    file.name,
    'ends the transaction that it runs in. Remove its ROLLBACK; what it did before and after may be half applied.',
  )
}

/**
 * Runs a `no-transaction` file, which {@link History.begin} has recorded, and makes sure that it left no broken
 * index behind.
 *
 * @throws MigrationFileError when the server refuses it or an index that it names is invalid
 */
export async function runAlone(
  client: MigrationClient,
  file: MigrationFile,
  history: History,
): Promise<void> {
  try {
    // The connection is closed afterwards, so that the setting reaches nobody else.
    await client.query('SET statement_timeout = 0')
    await send(client, file, 'It ran outside a transaction: check what it left behind.')
    await refuseInvalidIndexes(client, file)
  } catch (error) {
    // Where the connection is lost this fails too; the row then names a connection that has ended.
    await history.abandon(client, file.number).catch(() => {})
    throw error
  }
  await history.finish(client, file)
}

async function send(client: MigrationClient, file: MigrationFile, consequence: string): Promise<void> {
  try {
    await client.query(unlimited(file.text, file.transactional ? undefined : 'extended'))
  } catch (error) {
    throw fileError(file, error as ServerError, consequence)
  }
}

function fileError(file: MigrationFile, cause: ServerError, consequence: string): MigrationFileError {
  const sqlState = sqlStateOf(cause)
  const answer = sqlState === undefined ? cause.message : `${cause.message} (SQLSTATE ${sqlState}).`
  const problem = cause.constraint === COMMIT_GUARD ? COMMIT_INSIDE : answer
  return new MigrationFileError(file.name, `${problem} ${consequence}`, {
    cause,
    sqlState,
    position: cause.position === undefined ? undefined : positionAt(file.text, Number(cause.position)),
    ...(cause instanceof HoldfastError && { category: cause.category, retry: 'safe' }),
  })
}

const COMMIT_INSIDE =
  'contains COMMIT or SET CONSTRAINTS ALL IMMEDIATE, which would end or break the transaction that it runs in.'

const INVALID_INDEXES = `
  SELECT format('%I.%I', n.nspname, c.relname) AS index
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE NOT i.indisvalid AND strpos(lower($1), lower(c.relname)) > 0
     AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)
   ORDER BY 1`

/** `IF NOT EXISTS` skips the invalid index of an earlier failure without a word, and it would enforce nothing. */
async function refuseInvalidIndexes(client: MigrationClient, file: MigrationFile): Promise<void> {
  const { rows } = await client.query(INVALID_INDEXES, [file.text])
  const index = rows[0]?.index
  if (index === undefined) return
  throw new MigrationFileError(
    file.name,
    `the index ${index} is invalid: it enforces nothing and serves no query. ` +
      `Remove it with DROP INDEX CONCURRENTLY ${index}; and run the migrations again.`,
  )
}

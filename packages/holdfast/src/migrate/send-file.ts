import { HoldfastError } from '../base/errors.js'
import { COMMIT_GUARD } from './history-table.js'
import { type MigrationClient, unlimited } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import { MigrationFileError, positionAt } from './migration-file-error.js'
import { type ServerError, sqlStateOf } from './server-error.js'

/**
 * Sends a whole file in one piece.
 *
 * @param consequence what a failure means for the database
 * @throws MigrationFileError with line and column when the server refuses it
 */
export async function sendFile(
  client: MigrationClient,
  file: MigrationFile,
  consequence: string,
): Promise<void> {
  try {
    await client.query(unlimited(file.text, file.transactional ? undefined : 'extended'))
  } catch (error) {
    throw fileError(file, error as ServerError, { consequence })
  }
}

/** What the server said about a file, with the place in it. */
export function fileError(
  file: MigrationFile,
  cause: ServerError,
  about: {
    readonly consequence: string
    /** How many characters of the file were not sent, when only its rest was. */
    readonly before?: number
  },
): MigrationFileError {
  const sqlState = sqlStateOf(cause)
  const answer = sqlState === undefined ? cause.message : `${cause.message} (SQLSTATE ${sqlState}).`
  const problem = cause.constraint === COMMIT_GUARD ? COMMIT_INSIDE : answer
  const offset = cause.position === undefined ? undefined : Number(cause.position) + (about.before ?? 0)
  return new MigrationFileError(file.name, `${problem} ${about.consequence}`, {
    cause,
    sqlState,
    position: offset === undefined ? undefined : positionAt(file.text, offset),
    ...(cause instanceof HoldfastError && { category: cause.category, retry: 'safe' }),
  })
}

const COMMIT_INSIDE =
  'contains COMMIT or SET CONSTRAINTS ALL IMMEDIATE, which would end or break the transaction that it runs in.'

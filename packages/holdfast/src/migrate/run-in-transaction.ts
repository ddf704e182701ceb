import type { History } from './history.js'
import { refuseInvalidIndexes } from './indexes.js'
import type { MigrationClient } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import { MigrationFileError } from './migration-file-error.js'
import { sendFile } from './send-file.js'

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
  await sendFile(client, file, 'Nothing of the file was applied.')
  if (!(await history.finish(client, file))) {
    throw new MigrationFileError(
      file.name,
      'ends the transaction that it runs in. Remove its ROLLBACK; what it did before and after may be half applied.',
    )
  }
  await refuseInvalidIndexes(client, file)
}

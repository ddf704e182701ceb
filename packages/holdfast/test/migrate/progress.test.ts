import { type CommandProgress, migrate } from 'holdfast'
import { expect, test } from 'vitest'
import { emptyDatabase, folderWith, holderOf } from './migration-folder.js'

const table = { '0001_notes.sql': 'CREATE TABLE notes AS SELECT g AS id FROM generate_series(1, 1000) AS g' }

test('a long index build tells its table and phase, and how far it is', async () => {
  const pool = await emptyDatabase()
  await migrate(pool, { directory: await folderWith(table) })
  // The build waits for the writer, and so stays in its phase until it has been seen there.
  const writer = await holderOf(pool, 'INSERT INTO notes VALUES (0)')
  const seen: CommandProgress[] = []
  const { applied } = await migrate(pool, {
    directory: await folderWith({
      ...table,
      '0002_index.sql': '--! no-transaction\nCREATE INDEX CONCURRENTLY idx_notes ON notes (id)',
    }),
    watchInterval: 5,
    onProgress(step) {
      if (step.state !== 'running') return
      seen.push(step.command)
      writer.letGo()
    },
  })
  expect(applied).toEqual(['0002_index.sql'])
  expect(seen[0]).toEqual({
    command: 'CREATE INDEX CONCURRENTLY',
    table: 'notes',
    phase: expect.stringMatching(/^(initializing|waiting for writers before build)$/),
    fraction: expect.toSatisfy((part: unknown) => part === null || part === 0),
  })
})

test('who cannot be asked for the progress holds nothing up', async () => {
  const pool = await emptyDatabase({ max: 1 })
  const directory = await folderWith({ ...table, '0002_slow.sql': 'SELECT pg_sleep(0.1)' })
  const { applied } = await migrate(pool, { directory, watchInterval: 5 })
  expect(applied).toHaveLength(2)
})

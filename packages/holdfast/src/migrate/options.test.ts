import { expect, test } from 'vitest'
import { type MigrateOptions, resolveMigrateOptions } from './options.js'

test('the defaults are two seconds for a lock, twenty attempts and a table of its own schema', () => {
  expect(resolveMigrateOptions({ directory: 'migrations' })).toMatchObject({
    qualifiedTable: '"holdfast"."migrations"',
    together: false,
    lockTimeoutMillis: 2_000,
    attempts: 20,
    waitTimeoutMillis: 600_000,
  })
})

test.each<[unknown, string]>([
  [{}, 'Option "directory": expected a path or a file: URL, given undefined.'],
  [{ directory: 'm', table: 'migrations' }, 'Option "table": expected a schema and a table'],
  [{ directory: 'm', table: 'a.b.c' }, 'Option "table"'],
  [{ directory: 'm', attempts: 0 }, 'Option "attempts": expected a whole number from 1, given 0.'],
  [
    { directory: 'm', transaction: 'none' },
    "Option \"transaction\": expected 'each' or 'all', given 'none'.",
  ],
  [{ directory: 'm', lockTimeout: 'soon' }, 'Option "lockTimeout"'],
  [{ directory: 'm', lokTimeout: 5 }, 'Option "lokTimeout": expected one of directory, table,'],
])('%j is refused with the path and what was expected', (options, message) => {
  expect(() => resolveMigrateOptions(options as MigrateOptions)).toThrow(message)
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkCacheReference } from './cache-reference.mjs'
import { fixtureTree } from './fixture-tree.js'

const OPTIONS_PAGE = 'docs/guides/opt-a-table-in.md'
const REASONS_PAGE = 'docs/guides/why-was-my-query-not-cached.md'

const SOURCES = {
  'packages/holdfast/src/base/cache-options.ts': `
export interface CacheOptions {
  /**
   * The tables, and
   * the age a result may reach.
   */
  tables: Record<string, number | string>
  prefix?: string
}
/** Of a table. */
export interface TableCacheOptions {
  /** Bound. */
  ttl: Duration
}
export type QueryCacheOptions = false | { /** Shorter. */ ttl?: Duration }
`,
  'packages/holdfast/src/sql/plan.ts': "export type UncacheableReason = 'no-table' | 'row-locks'\n",
  'packages/holdfast/src/cache/cache-info.ts':
    "export type BypassReason =\n  | UncacheableReason\n  /** Said so. */\n  | 'asked-not-to'\n",
}

const places = ['CacheOptions', 'TableCacheOptions', 'QueryCacheOptions']
  .map(name => `<!-- ${name}: begin (generated) -->\n<!-- ${name}: end -->\n`)
  .join('\n')

const row = (reason: string) => `| <a id="${reason}"></a>\`${reason}\` | cause | remedy |\n`

const CLEAN = {
  ...SOURCES,
  [OPTIONS_PAGE]: `# Guide\n\n${places}`,
  [REASONS_PAGE]: `# Reasons\n\n${row('no-table')}${row('row-locks')}${row('asked-not-to')}`,
}

function violationsIn(files: Record<string, string>, write = true) {
  return checkCacheReference(fixtureTree({ ...CLEAN, ...files }), { write }).map(
    ({ file, line, message }) => `${file}:${line} ${message}`,
  )
}

describe('the options', () => {
  test('are written as their doc comments and types say', () => {
    const root = fixtureTree(CLEAN)
    expect(checkCacheReference(root, { write: true })).toEqual([])
    const page = readFileSync(join(root, OPTIONS_PAGE), 'utf8')
    expect(page).toContain(
      '| `tables` | `Record<string, number \\| string>` | The tables, and the age a result may reach. |\n| `prefix` | `string` |  |',
    )
    expect(page).toContain('| `ttl` | `Duration` | Bound. |')
    expect(page).toContain('| `ttl` | `Duration` | Shorter. |')
    expect(checkCacheReference(root, {})).toEqual([])
  })

  test('that differ from the code, or have no place, are refused', () => {
    expect(violationsIn({}, false)).toEqual(
      ['CacheOptions', 'TableCacheOptions', 'QueryCacheOptions'].map(
        name => `${OPTIONS_PAGE}:1 it describes ${name} differently`,
      ),
    )
    expect(violationsIn({ [OPTIONS_PAGE]: '# Guide\n' })).toContain(
      `${OPTIONS_PAGE}:1 it has no place for CacheOptions`,
    )
  })
})

describe('the reasons', () => {
  test.each([
    ['that is not explained', row('no-table') + row('row-locks'), '1 it does not explain `asked-not-to`'],
    [
      'that does not exist',
      row('no-table') + row('row-locks') + row('asked-not-to') + row('no-tables'),
      "4 `no-tables` is no reason of the code's",
    ],
    [
      'that is explained twice',
      row('no-table') + row('row-locks') + row('asked-not-to') + row('row-locks'),
      '4 `row-locks` is explained twice',
    ],
  ])('one %s is refused', (_, page, message) => {
    expect(violationsIn({ [REASONS_PAGE]: page })).toEqual([`${REASONS_PAGE}:${message}`])
  })
})

test('a project without these pages passes', () => {
  expect(checkCacheReference(fixtureTree(SOURCES), { write: true })).toEqual([])
})

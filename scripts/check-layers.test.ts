import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { fixtureTree } from './checks/fixture-tree.js'
import { checkLayers } from './checks/layers.mjs'

const COMMAND = fileURLToPath(new URL('check-layers.mjs', import.meta.url))

const CLEAN = {
  'package.json': JSON.stringify({ name: 'house', devDependencies: { vitest: '*' } }),
  'packages/holdfast/package.json': JSON.stringify({
    name: 'holdfast',
    exports: { '.': './dist/index.js', './package.json': './package.json' },
    dependencies: { pg: '*' },
    devDependencies: { kysely: '*' },
  }),
  'packages/holdfast/src/index.ts': "export { Pool } from './pool.js'\n",
  'packages/holdfast/src/pool.ts':
    "import pg from 'pg'\nimport { join } from 'node:path'\nimport { wait } from './base/wait.js'\nexport class Pool extends pg.Pool { wait = wait; join = join }\n",
  'packages/holdfast/src/base/wait.ts': 'export const wait = 1\n',
  'packages/holdfast/src/base/wait.test.ts':
    "import { test } from 'vitest'\nimport fc from 'fast-check'\nimport { fakeClock } from '@holdfast/testkit'\nimport { wait } from './wait.js'\ntest('x', () => [wait, fc, fakeClock])\n",
  'packages/holdfast/src/sql/tag.ts': 'export type Tag = 1\nexport const tag = 1\n',
  'packages/holdfast/src/resilience/retry.ts':
    "import type { wait } from '../base/wait.js'\nexport type Retry = typeof wait\n",
  'packages/holdfast/src/pool.test.ts': "import { Pool } from './pool.js'\nPool\n",
  'packages/holdfast/src/cli/main.ts': "import { Pool } from '../index.js'\nPool\n",
  'packages/holdfast/test/orms.test.ts':
    "import { Pool } from 'holdfast'\nimport { Kysely } from 'kysely'\nimport { temporaryDatabase } from '@holdfast/testkit'\nexport default [Pool, Kysely, temporaryDatabase]\n",
  'packages/testkit/package.json': JSON.stringify({
    name: '@holdfast/testkit',
    exports: { '.': './dist/index.js' },
  }),
  'packages/testkit/src/index.ts': 'export {}\n',
  'packages/digis/package.json': JSON.stringify({
    name: '@holdfast/digis',
    exports: { '.': './dist/index.js', './db': './dist/db.js' },
    dependencies: { holdfast: '*' },
  }),
  'packages/digis/src/index.ts': "import { Pool } from 'holdfast'\nexport const pool = Pool\n",
  'apps/api/package.json': JSON.stringify({
    name: '@holdfast/api',
    dependencies: { '@holdfast/digis': '*' },
  }),
  'apps/api/src/index.ts': "import { getUser } from '@holdfast/digis/db'\ngetUser\n",
  'benchmarks/package.json': JSON.stringify({ name: '@holdfast/benchmarks' }),
  'benchmarks/main.mjs': "import { Pool } from 'holdfast'\nPool\n",
}

/** What the check says about the clean tree with these files added or replaced, as `file:line rule`. */
function verdictsWith(files: Record<string, string>): string[] {
  const { violations } = checkLayers(fixtureTree({ ...CLEAN, ...files }))
  for (const { message, remedy } of violations) expect([message, remedy]).not.toContain('')
  return violations.map(({ file, line, rule }) => `${file}:${line} ${rule}`)
}

const BASE = 'packages/holdfast/src/base/wrong.ts'
const upwards = (source: string) => ({ [BASE]: source })

describe('the layers of holdfast', () => {
  test('a tree that keeps every rule passes', () => {
    expect(verdictsWith({})).toEqual([])
  })

  test.each([
    ['an import', "\nimport { tag } from '../sql/tag.js'\ntag"],
    ['import type', "\nimport type { Tag } from '../sql/tag.js'\nexport type T = Tag"],
    ['a re-export', "\nexport { tag } from '../sql/tag.js'"],
    ['export *', "\nexport * from '../sql/tag.js'"],
    ['a dynamic import', "\nawait import('../sql/tag.js')"],
    ['a dynamic import inside a function', '\nconst f = () => import(`../sql/tag.js`)\nf()'],
    ['an import in a type', "\nexport type T = import('../sql/tag.js').Tag"],
    ['require', "\nrequire('../sql/tag.js')"],
  ])('%s of a higher layer is refused', (_, source) => {
    expect(verdictsWith(upwards(source))).toEqual([`${BASE}:2 layer`])
  })

  test('a unit test keeps the rule of the folder it stands in', () => {
    const file = 'packages/holdfast/src/base/tag.test.ts'
    expect(verdictsWith({ [file]: "import '../sql/tag.js'" })).toEqual([`${file}:1 layer`])
  })

  test('pool.ts is above every folder, so that none may import it', () => {
    const file = 'packages/holdfast/src/migrate/run.ts'
    expect(verdictsWith({ [file]: "import { Pool } from '../pool.js'\nPool" })).toEqual([`${file}:1 layer`])
  })

  test('the command line imports index.ts only', () => {
    const file = 'packages/holdfast/src/cli/commands/up.ts'
    expect(verdictsWith({ [file]: "import '../main.js'\nimport '../../pool.js'" })).toEqual([
      `${file}:2 layer`,
    ])
  })

  test('a new folder without a layer is refused, and the message says where to declare it', () => {
    const root = fixtureTree({ ...CLEAN, 'packages/holdfast/src/queue/queue.ts': 'export const queue = 1\n' })
    expect(checkLayers(root).violations).toMatchObject([
      {
        file: 'packages/holdfast/src/queue/queue.ts',
        rule: 'undeclared',
        remedy: expect.stringContaining('layer-rules.mjs'),
      },
    ])
  })

  test('a new file beside pool.ts without a layer is refused', () => {
    expect(verdictsWith({ 'packages/holdfast/src/extra.ts': '' })).toEqual([
      'packages/holdfast/src/extra.ts:1 undeclared',
    ])
  })

  test('a new member of the workspace without a rule is refused', () => {
    expect(verdictsWith({ 'packages/more/src/index.ts': '' })).toEqual([
      'packages/more/src/index.ts:1 undeclared',
    ])
  })

  test('an import whose name is computed is refused, because no rule can see it', () => {
    expect(verdictsWith(upwards("const name = 'x'\nawait import(name)"))).toEqual([
      `${BASE}:2 computed-import`,
    ])
  })

  test('a source that imports a test file is refused', () => {
    expect(verdictsWith(upwards("import './wait.test.js'"))).toEqual([`${BASE}:1 imports-test`])
  })
})

describe('cycles', () => {
  test('files that import each other are refused, import type included', () => {
    const [a, b] = ['packages/holdfast/src/base/a.ts', 'packages/holdfast/src/base/b.ts']
    const files = {
      [a]: "import type { B } from './b.js'\nexport type A = B",
      [b]: "\nimport type { A } from './a.js'\nexport type B = A",
    }
    expect(verdictsWith(files)).toEqual([`${a}:1 file-cycle`])
  })

  test('a cycle through three files names all of them', () => {
    const folder = 'packages/digis/src'
    const root = fixtureTree({
      ...CLEAN,
      [`${folder}/a.ts`]: "import './b.js'",
      [`${folder}/b.ts`]: "import './c.js'",
      [`${folder}/c.ts`]: "import './a.js'",
    })
    const [violation, ...rest] = checkLayers(root).violations.filter(({ rule }) => rule === 'file-cycle')
    expect(violation?.message).toContain(`${folder}/a.ts → ${folder}/b.ts → ${folder}/c.ts → ${folder}/a.ts`)
    expect(rest).toEqual([])
  })

  test('a file that imports itself is refused', () => {
    expect(verdictsWith(upwards("export * from './wrong.js'"))).toEqual([`${BASE}:1 file-cycle`])
  })

  test('folders that import each other are refused even where no file does', () => {
    const folder = 'packages/digis/src'
    expect(
      verdictsWith({
        [`${folder}/users/user.ts`]: "\n\nimport '../sessions/session-queries.js'",
        [`${folder}/users/user-queries.ts`]: '',
        [`${folder}/sessions/session.ts`]: "import '../users/user-queries.js'",
        [`${folder}/sessions/session-queries.ts`]: '',
      }),
    ).toEqual([`${folder}/sessions/session.ts:1 folder-cycle`])
  })
})

describe('the packages', () => {
  const cases: [string, string, string, string][] = [
    ['testkit imports nothing of ours', 'packages/testkit/src/x.ts', "import 'holdfast'", 'package'],
    [
      'holdfast does not import itself by name',
      'packages/holdfast/src/base/x.ts',
      "import type {} from 'holdfast'",
      'package',
    ],
    [
      'digis does not import the test kit',
      'packages/digis/src/x.ts',
      "import '@holdfast/testkit'",
      'package',
    ],
    ['nobody imports apps', 'packages/digis/src/x.ts', "import '@holdfast/api'", 'package'],
    ['nobody imports benchmarks', 'apps/api/src/x.ts', "import '@holdfast/benchmarks'", 'package'],
    ['a deep import is refused', 'packages/digis/src/x.ts', "import 'holdfast/dist/pool.js'", 'deep-import'],
    [
      'a name that is not exported is refused',
      'apps/api/src/x.ts',
      "import '@holdfast/digis/users'",
      'deep-import',
    ],
    [
      'a relative import does not leave its package',
      'packages/digis/src/x.ts',
      "import '../../holdfast/src/pool.js'",
      'crosses-package',
    ],
    [
      'a script does not reach into a package',
      'scripts/x.mjs',
      "import '../packages/holdfast/src/pool.ts'",
      'crosses-package',
    ],
    [
      'a promise is tested on the built package',
      'packages/holdfast/test/x.ts',
      "import '../src/pool.js'",
      'test-imports-source',
    ],
    ['a source declares what it imports', 'packages/digis/src/x.ts', "import 'pg'", 'undeclared-dependency'],
    [
      'a source does not import a test tool',
      'packages/digis/src/x.ts',
      "import 'vitest'",
      'undeclared-dependency',
    ],
    [
      'a source does not ship a development dependency',
      'packages/holdfast/src/base/x.ts',
      "import 'kysely'",
      'undeclared-dependency',
    ],
    [
      'a unit test adds test tools only',
      'packages/holdfast/src/base/x.test.ts',
      "import 'kysely'",
      'unit-test-tools',
    ],
  ]
  test.each(cases)('%s', (_, file, source, rule) => {
    expect(verdictsWith({ [file]: source })).toEqual([`${file}:1 ${rule}`])
  })
})

describe('the command', () => {
  test('a clean tree exits with 0 and prints the table of layers', () => {
    const output = execFileSync(process.execPath, [COMMAND, '--root', fixtureTree(CLEAN)], {
      encoding: 'utf8',
    })
    expect(output).toMatch(/^layer +folder[\s\S]* 0 +base[\s\S]*every rule holds\n$/)
  })

  test('a violation exits with 1 and names file, line, rule and remedy', () => {
    const root = fixtureTree({ ...CLEAN, ...upwards("\nimport '../sql/tag.js'") })
    const { status, stdout } = spawnSync(process.execPath, [COMMAND, '--root', root], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringContaining(`${BASE}:2  layer\n`) })
    expect(stdout).toContain('→ base may import nothing')
  })

  test('--json prints one object and nothing else', () => {
    const root = fixtureTree({ ...CLEAN, ...upwards("import '../sql/tag.js'") })
    const { status, stdout } = spawnSync(process.execPath, [COMMAND, '--json', '--root', root], {
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      check: 'check-layers',
      ok: false,
      violations: [{ file: BASE, line: 1 }],
    })
  })

  test('an unknown option is refused with what was expected', () => {
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, '--rot'], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/--rot[\s\S]*--root DIR/) })
  })
})

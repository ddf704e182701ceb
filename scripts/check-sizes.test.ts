import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { fixtureTree } from './checks/fixture-tree.js'
import { checkSizes } from './checks/sizes.mjs'

const COMMAND = fileURLToPath(new URL('check-sizes.mjs', import.meta.url))
const SOURCE = 'packages/holdfast/src'
/** Another tree than the clean one, so that what is added does not shift the clean tree's share of comments. */
const ADDED = 'packages/digis/src'

/** `count` lines of code, every fifth with a comment, so that only the budget under test can break. */
function code(count: number): string {
  return Array.from(
    { length: count },
    (_, line) => `export const a${line} = 1${line % 5 === 0 ? ' // why' : ''}\n`,
  ).join('')
}

/** A function of exactly `lines` lines. */
function longFunction(name: string, lines: number): string {
  return `export function ${name}() {\n${'  call()\n'.repeat(lines - 2)}}\n`
}

const CLEAN = {
  [`${SOURCE}/index.ts`]: "export { Pool } from './pool.js'\nexport type { Options } from './pool.js'\n",
  [`${SOURCE}/pool.ts`]: code(90),
  [`${SOURCE}/base/wait-queue.ts`]: code(80),
  [`${SOURCE}/base/wait-queue.test.ts`]: code(200),
}

function rulesWith(files: Record<string, string>): string[] {
  const { violations } = checkSizes(fixtureTree({ ...CLEAN, ...files }))
  return violations.map(({ file, line, rule }) => `${file}:${line} ${rule}`)
}

const withAdded = (source: string, file?: string) => ({ ...CLEAN, ...added(source, file) })

const added = (source: string, file = 'added.ts') => ({ [`${ADDED}/${file}`]: source })

test('a tree within every budget passes', () => {
  expect(rulesWith({})).toEqual([])
})

describe('files', () => {
  test('one over 500 lines is refused', () => {
    const tenth = Object.fromEntries(
      Array.from({ length: 9 }, (_, n) => [`${SOURCE}/base/f${n}.ts`, code(50)]),
    )
    expect(rulesWith({ ...tenth, ...added(code(501)) })).toEqual([`${ADDED}/added.ts:1 file-lines`])
    expect(rulesWith({ ...tenth, ...added(code(500)) })).toEqual([])
  })

  test('more than a tenth over 300 lines is refused', () => {
    expect(rulesWith(added(code(301)))).toEqual([`${ADDED}/added.ts:1 file-lines`])
    expect(rulesWith(added(code(300)))).toEqual([])
  })

  test('a median over 100 lines is refused', () => {
    const root = fixtureTree({
      [`${SOURCE}/a.ts`]: code(101),
      [`${SOURCE}/b.ts`]: code(102),
      [`${SOURCE}/c.ts`]: code(2),
    })
    const [violation, ...rest] = checkSizes(root).violations
    expect(violation?.message).toBe(
      'the median file has 101 lines, at most 100; the largest is this one (102)',
    )
    expect(rest).toEqual([])
  })
})

describe('functions', () => {
  const small = 'const f = () => 1\n'.repeat(40)

  test('one over 60 lines is refused, with its name and line', () => {
    expect(
      checkSizes(fixtureTree(withAdded(`${small}${longFunction('drain', 61)}`))).violations,
    ).toMatchObject([{ line: 41, rule: 'function-lines', message: 'drain has 61 lines, at most 60' }])
    expect(rulesWith(added(`${small}${longFunction('drain', 60)}`))).toEqual([])
  })

  test.each([
    ['a method', 'class A {\n  drain() {\n', '  }\n}\n'],
    ['an arrow function', 'const drain = () => {\n', '}\n'],
    ['a function in an object', 'const a = {\n  drain() {\n', '  },\n}\n'],
    ['a function in a test file', 'function drain() {\n', '}\n'],
  ])('%s counts', (what, head, foot) => {
    const file = what.includes('test file') ? 'added.test.ts' : 'added.ts'
    const { violations } = checkSizes(
      fixtureTree(withAdded(`${small}${head}${'call()\n'.repeat(60)}${foot}`, file)),
    )
    expect(violations).toMatchObject([
      { rule: 'function-lines', message: expect.stringContaining('drain has 62') },
    ])
  })

  test('more than a tenth over 25 lines is refused', () => {
    const nine = 'const f = () => 1\n'.repeat(9)
    expect(rulesWith(added(nine + longFunction('a', 26) + longFunction('b', 26)))).toEqual([
      `${ADDED}/added.ts:10 function-lines`,
    ])
    expect(rulesWith(added(nine + longFunction('a', 26) + longFunction('b', 25)))).toEqual([])
  })

  test('the suites and cases of a test runner are no functions, the functions around and inside them are', () => {
    const lines = '      call()\n'.repeat(70)
    const suite = `export function conformance() {\n  describe('x', () => {\n    test.each([1])('y', () => {\n${lines}    })\n  })\n}\n`
    expect(rulesWith(added(suite, 'added.test.ts'))).toEqual([])
    const inside = `test('y', () => {\n  const inner = () => {\n${lines}  }\n})\n`
    expect(rulesWith(added(inside, 'added.test.ts'))).toEqual([`${ADDED}/added.test.ts:2 function-lines`])
  })

  test.each([
    ['a function', 'function f(a, b, c, d) {}'],
    ['a method', 'class A { f(a, b, c, ...d) {} }'],
    ['an arrow function', 'const f = (a, b, { c }, d = 1) => 1'],
    ['an overload', 'declare function f(a: 1, b: 2, c: 3, d: 4): void'],
  ])('%s with more than three parameters is refused', (_, source) => {
    expect(rulesWith(added(source))).toEqual([`${ADDED}/added.ts:1 parameters`])
  })

  test('`this` is no parameter', () => {
    expect(rulesWith(added('function f(this: 1, a: 2, b: 3, c: 4) {}'))).toEqual([])
  })
})

describe('comments', () => {
  const tree = (commented: number) => ({
    'packages/digis/src/a.ts': '// why\n'.repeat(commented) + 'call()\n'.repeat(200 - commented),
  })

  test.each([29, 61])('%i commented lines of 200 in one tree are refused', commented => {
    expect(rulesWith(tree(commented))).toEqual(['packages/digis:1 comments'])
  })

  test.each([30, 60])('%i commented lines of 200 are fine', commented => {
    expect(rulesWith(tree(commented))).toEqual([])
  })

  test('block comments count by their lines, tests do not count', () => {
    const block = `/*\n${' * x\n'.repeat(28)} */\n`
    const files = {
      'packages/digis/src/a.ts': block + 'call()\n'.repeat(170),
      'packages/digis/src/a.test.ts': code(300),
    }
    expect(rulesWith(files)).toEqual([])
  })
})

test('too few or too many tests are told and break nothing', () => {
  const { violations, notes } = checkSizes(fixtureTree({ ...CLEAN, 'packages/digis/src/a.ts': code(210) }))
  expect({ violations, notes }).toEqual({
    violations: [],
    notes: [expect.stringContaining('packages/digis has 0.0')],
  })
})

describe('names', () => {
  test.each([
    ['a file in camelCase', 'waitQueue.ts', '', 'kebab-case'],
    ['a folder in PascalCase', 'Base/wait.ts', '', 'kebab-case'],
    ['utils.ts', 'base/utils.ts', '', 'empty-name'],
    ['a -helper file', 'base/query-helper.ts', '', 'empty-name'],
    ['a folder common', 'common/wait.ts', '', 'empty-name'],
    ['a manager class', 'added.ts', 'export class ConnectionManager {}', 'empty-name'],
    ['a helper function', 'added.ts', 'const x = () => { function queryHelper() {} }', 'empty-name'],
    ['a utils object', 'added.ts', 'export const utils = {}', 'empty-name'],
    ['export *', 'added.ts', "export * from './pool.js'", 'export-star'],
    ['export * as', 'added.ts', "export * as all from './pool.js'", 'export-star'],
    ['a statement in an index', 'sql/index.ts', 'console.log(1)', 'index-logic'],
    ['a declaration in an index', 'sql/index.ts', 'export const a = 1', 'index-logic'],
  ])('%s is refused', (_, file, source, rule) => {
    expect(rulesWith(added(source, file))).toEqual([`${ADDED}/${file}:1 ${rule}`])
  })

  test('words that only contain an empty word are fine', () => {
    expect(rulesWith(added('export const isUtilised = 1, managerial = 2, commonColumns = 3'))).toEqual([])
  })
})

describe('the command', () => {
  test('--json prints the measurements, and the exit code is 1 when a budget is broken', () => {
    const root = fixtureTree({ ...CLEAN, ...added(code(501)) })
    const { status, stdout } = spawnSync(process.execPath, [COMMAND, '--json', '--root', root], {
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      check: 'check-sizes',
      ok: false,
      files: { count: 5, max: 501 },
    })
  })

  test('people get a table and the way out, and the exit code is 0 within the budgets', () => {
    const { status, stdout } = spawnSync(process.execPath, [COMMAND, '--root', fixtureTree(CLEAN)], {
      encoding: 'utf8',
    })
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^tree .*\npackages\/holdfast +4 /),
    })
  })
})

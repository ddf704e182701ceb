import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { marksOf, readPart, writePart } from './generated-part.mjs'
import { parseModule, visit } from './parsed-module.mjs'
import { projectFiles } from './project-files.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {{ id: string, line: number }} Row
 * @typedef {{ id: string, file: string, line: number, title: string }} NamedTest
 */

const PAGE = 'docs/design/invariants.md'
/** Tests of promises, and unit tests beside the code. Files that tests share may hold tests too. */
const FOLDERS = ['packages/holdfast/test', 'packages/holdfast/src']
const MARKS = marksOf('tests')
const REMEDY = 'run `node scripts/check-docs.mjs --write`'

/** A row of the page that says what an id means: `| <a id="h12"></a>H12 | …`. */
const ROW = /^\| <a id="[hi]\d+"><\/a>([HI]\d+) \|/
/** An id without a test, and why: `- H2: …`. Under one of the two headings below. */
const GAP = /^- ([HI]\d+): ./
const GAP_HEADINGS = /^## (Open gaps|Not named in a test yet)$/
/** Ids in a title: `(H12)`, `(H12, I2)`. */
const IDS_IN_TITLE = /\(([HI]\d+(?:, ?[HI]\d+)*)\)/g

/**
 * Every invariant and hole of the page is named in the title of a test or listed as a gap with a reason, and every id
 * that a title names stands in the page.
 *
 * @param {string} root
 * @param {{ write?: boolean }} options `write` lists the tests anew, and drops gaps that a test has closed
 * @returns {Violation[]} none while the project has no such page
 */
export function checkInvariants(root, { write = false }) {
  const file = join(root, PAGE)
  if (!existsSync(file)) return []
  const tests = namedTests(root)
  if (write) bringUpToDate(file, tests)
  const page = readFileSync(file, 'utf8')
  const rows = linesWith(page, ROW)
  const gaps = gapsOf(page)
  return [...checkRows(rows, gaps, tests), ...checkGaps(gaps, rows, tests), ...checkTests(page, rows, tests)]
}

/** @param {Row[]} rows @param {Row[]} gaps @param {NamedTest[]} tests @returns {Violation[]} */
function checkRows(rows, gaps, tests) {
  const alone = rows.filter(({ id }) => !tests.some(has(id)) && !gaps.some(has(id)))
  const twice = rows.filter(({ id }, index) => rows.findIndex(has(id)) < index)
  return [
    ...alone.map(({ id, line }) =>
      wrong(
        line,
        `${id} has no test`,
        `end a test's title with (${id}), or list it under "Open gaps" with a reason`,
      ),
    ),
    ...twice.map(({ id, line }) => wrong(line, `${id} stands here twice`, 'keep one row')),
  ]
}

/** @param {Row[]} gaps @param {Row[]} rows @param {NamedTest[]} tests @returns {Violation[]} */
function checkGaps(gaps, rows, tests) {
  return gaps.flatMap(({ id, line }) => {
    if (!rows.some(has(id)))
      return [wrong(line, `${id} is a gap in nothing`, 'add its row, or delete the line')]
    const test = tests.find(has(id))
    return test === undefined ? [] : [wrong(line, `${id} is no gap: ${test.file} tests it`, REMEDY)]
  })
}

/** @param {string} page @param {Row[]} rows @param {NamedTest[]} tests @returns {Violation[]} */
function checkTests(page, rows, tests) {
  const unknown = tests
    .filter(({ id }) => !rows.some(has(id)))
    .map(({ id, file, line }) => ({
      ...wrong(line, `the title names ${id}, which ${PAGE} does not`, 'correct the id, or add its row'),
      file,
    }))
  if (readPart(page, MARKS) === testTable(tests)) return unknown
  return [
    ...unknown,
    wrong(1, 'it lists other tests than there are', `${REMEDY}; the place is ${MARKS.begin} ${MARKS.end}`),
  ]
}

/** @param {string} file @param {NamedTest[]} tests */
function bringUpToDate(file, tests) {
  const page = readFileSync(file, 'utf8')
  const closed = new Set(gapsOf(page).flatMap(({ id, line }) => (tests.some(has(id)) ? [line] : [])))
  const kept = page.split('\n').filter((_, index) => !closed.has(index + 1))
  writeFileSync(file, kept.join('\n'))
  writePart(file, MARKS, { part: testTable(tests) })
}

/** @param {NamedTest[]} tests */
function testTable(tests) {
  const sorted = [...tests].sort(
    (a, b) => rank(a.id) - rank(b.id) || compare(a.file, b.file) || a.line - b.line,
  )
  const rows = sorted.map(
    ({ id, file, title }) => `| ${id} | \`${file.split('/').slice(2).join('/')}\` › ${cell(title)} |`,
  )
  return ['| id | test in `packages/holdfast` |', '|---|---|', ...rows].join('\n')
}

/** Invariants first. @param {string} id */
function rank(id) {
  return Number(id.slice(1)) + (id.startsWith('I') ? 0 : 1_000)
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : Number(a > b)
}

/** A title without its ids, as it may stand in a table. @param {string} title */
function cell(title) {
  return title.replaceAll(IDS_IN_TITLE, '').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()
}

/** The gaps, under the headings that may list them. @param {string} page @returns {Row[]} */
function gapsOf(page) {
  let listing = false
  return page.split('\n').flatMap((text, index) => {
    if (text.startsWith('## ')) listing = GAP_HEADINGS.test(text)
    const id = listing ? GAP.exec(text)?.[1] : undefined
    return id === undefined ? [] : [{ id, line: index + 1 }]
  })
}

/** @param {string} page @param {RegExp} pattern whose first group is an id @returns {Row[]} */
function linesWith(page, pattern) {
  return page.split('\n').flatMap((text, index) => {
    const id = pattern.exec(text)?.[1]
    return id === undefined ? [] : [{ id, line: index + 1 }]
  })
}

/** Every title of a test or of a group of tests that names ids. @param {string} root @returns {NamedTest[]} */
function namedTests(root) {
  const files = FOLDERS.flatMap(folder => projectFiles(root, folder)).filter(
    path => path.endsWith('.test.ts') || path.startsWith(`${FOLDERS[0]}/`),
  )
  return files.filter(path => path.endsWith('.ts')).flatMap(file => testsIn(root, file))
}

/** @param {string} root @param {string} file @returns {NamedTest[]} */
function testsIn(root, file) {
  // Parsing every test for a handful of ids would take longer than all other checks.
  if (!/\([HI]\d/.test(readFileSync(join(root, file), 'utf8'))) return []
  const module = parseModule(root, file)
  /** @type {NamedTest[]} */
  const tests = []
  visit(module.program, node => {
    const title = node.type === 'CallExpression' ? titleOf(node) : undefined
    for (const [, ids = ''] of title?.matchAll(IDS_IN_TITLE) ?? [])
      for (const id of ids.split(/, ?/))
        tests.push({ id, file, line: module.lineOf(node.start), title: title ?? '' })
  })
  return tests
}

/** The title of `test(…)`, `describe.each(…)(…)` and the like. @param {any} call @returns {string | undefined} */
function titleOf({ callee, arguments: [first] }) {
  let called = callee
  while (called.type !== 'Identifier') {
    if (called.type === 'MemberExpression') called = called.object
    else if (called.type === 'CallExpression') called = called.callee
    else return undefined
  }
  if (!['test', 'it', 'describe'].includes(called.name)) return undefined
  if (first?.type === 'Literal' && typeof first.value === 'string') return first.value
  if (first?.type !== 'TemplateLiteral') return undefined
  return first.quasis.map((/** @type {any} */ { value }) => value.cooked).join('…')
}

/** @param {string} id @returns {(row: { id: string }) => boolean} */
function has(id) {
  return row => row.id === id
}

/** @param {number} line @param {string} message @param {string} remedy @returns {Violation} */
function wrong(line, message, remedy) {
  return { file: PAGE, line, rule: 'invariants', message, remedy }
}

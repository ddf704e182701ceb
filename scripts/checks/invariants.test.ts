import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixtureTree } from './fixture-tree.js'
import { checkInvariants } from './invariants.mjs'

const PAGE = 'docs/design/invariants.md'
const TEST = 'packages/holdfast/test/coherence/holes.test.ts'

const ROWS = ['I1', 'H1', 'H2', 'H3'].map(id => `| <a id="${id.toLowerCase()}"></a>${id} | a hole | a mend |`)

const CLEAN = `# Invariants

| id | hole | mend |
|---|---|---|
${ROWS.join('\n')}

<!-- tests: begin (generated) -->
<!-- tests: end -->

## Open gaps

- H2: belongs to another part.

## Not named in a test yet

- H3: stop a writer.
`

const TESTS = `
describe.each(CASES)('a group | of %s (I1)', () => test('no ids', () => {}))
test.skipIf(false)(\`keeps \${count} promises (H1, I1)\`, () => {})
it('speaks of (nothing) and calls', () => expect('(H9)').toBe(f('x (H8)')))
`

/** What is wrong in a tree after `--write`, with the page as it was written. */
function written(files: Record<string, string>): { page: string; wrong: string[] } {
  const root = fixtureTree({ [PAGE]: CLEAN, [TEST]: TESTS, ...files })
  const violations = checkInvariants(root, { write: true })
  const wrong = violations.map(({ file, line, message }) => `${file}:${line} ${message}`)
  return { page: readFileSync(join(root, PAGE), 'utf8'), wrong }
}

test('a page whose ids are all tested or listed as gaps passes', () => {
  expect(written({}).wrong).toEqual([])
})

test('a project without the page passes', () => {
  expect(checkInvariants(fixtureTree({ [TEST]: TESTS }), {})).toEqual([])
})

test('the page lists each test by file and title, invariants first', () => {
  const { page } = written({ 'packages/holdfast/src/cache/a.test.ts': "test('beside the code (H1)', f)" })
  expect(page).toContain(
    [
      '| I1 | `test/coherence/holes.test.ts` › a group \\| of %s |',
      '| I1 | `test/coherence/holes.test.ts` › keeps … promises |',
      '| H1 | `src/cache/a.test.ts` › beside the code |',
      '| H1 | `test/coherence/holes.test.ts` › keeps … promises |',
    ].join('\n'),
  )
})

test('an id that is neither tested nor listed as a gap is refused', () => {
  const { wrong } = written({ [PAGE]: CLEAN.replace('- H2: belongs to another part.', '') })
  expect(wrong).toEqual([`${PAGE}:7 H2 has no test`])
})

test('a gap without a reason, or under another heading, is none', () => {
  expect(written({ [PAGE]: CLEAN.replace('- H2: belongs to another part.', '- H2: ') }).wrong).toHaveLength(1)
  expect(written({ [PAGE]: CLEAN.replace('## Open gaps', '## Thoughts') }).wrong).toHaveLength(1)
})

test('a gap of an id that does not exist is refused', () => {
  const { wrong } = written({ [PAGE]: CLEAN.replace('- H3: stop', '- H30: never.\n- H3: stop') })
  expect(wrong).toEqual([`${PAGE}:24 H30 is a gap in nothing`])
})

test('a title that names an id which the page does not is refused where it stands', () => {
  const { wrong } = written({ 'packages/holdfast/test/b.test.ts': "\ntest('a typing error (H41)', f)\n" })
  expect(wrong).toEqual([`packages/holdfast/test/b.test.ts:2 the title names H41, which ${PAGE} does not`])
})

test('an id that stands twice is refused', () => {
  const { wrong } = written({ [PAGE]: CLEAN.replace(`${ROWS[3]}`, `${ROWS[3]}\n${ROWS[1]}`) })
  expect(wrong).toEqual([`${PAGE}:9 H1 stands here twice`])
})

test('a gap that a test has closed, and a test that is not listed, are refused until --write', () => {
  const closed = { 'packages/holdfast/test/c.test.ts': "test('a writer stops (H3)', f)" }
  const root = fixtureTree({ [PAGE]: written({}).page, [TEST]: TESTS, ...closed })
  expect(checkInvariants(root, {}).map(({ message }) => message)).toEqual([
    'H3 is no gap: packages/holdfast/test/c.test.ts tests it',
    'it lists other tests than there are',
  ])
  expect(checkInvariants(root, { write: true })).toEqual([])
  expect(readFileSync(join(root, PAGE), 'utf8')).not.toContain('- H3:')
})

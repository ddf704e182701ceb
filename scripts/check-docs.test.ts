import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { checkDocs } from './checks/docs.mjs'
import { fixtureTree } from './checks/fixture-tree.js'

const COMMAND = fileURLToPath(new URL('check-docs.mjs', import.meta.url))
const INSTALLED = fileURLToPath(new URL('../node_modules', import.meta.url))

const ERRORS_PAGE = 'docs/reference/errors.md'

const CLEAN = {
  'README.md': `# House
[a page](docs/page.md), [a heading](docs/page.md#the-first-part "title"), [here](#house), [a folder](docs),
[a file](<LICENSE>), [the web](https://example.org/x#y), [mail](mailto:a@example.org), ![picture](docs/dot.svg)
In code nothing is a link: \`[x](missing.md)\`.
\`\`\`md
[x](missing.md)
\`\`\`
[reference]: docs/page.md
`,
  'docs/page.md':
    '# Page\n## The `first` part!\n## Twice\n## Twice\n<a id="named"></a>\n[up](../README.md) [t](#twice-1) [n](#named)\n',
  'docs/dot.svg': '<svg/>',
  LICENSE: 'MIT',
  'package-lock.json':
    '{ "packages": { "node_modules/holdfast": { "resolved": "packages/holdfast", "link": true } } }',
}

async function verdictsWith(files: Record<string, string>): Promise<string[]> {
  const { violations } = await checkDocs(fixtureTree({ ...CLEAN, ...files }))
  return violations.map(({ file, line, rule }) => `${file}:${line} ${rule}`)
}

test('a tree whose documents are right passes', async () => {
  expect(await verdictsWith({})).toEqual([])
})

test('a tree without any document passes', async () => {
  expect((await checkDocs(fixtureTree({ 'package.json': '{}' }))).violations).toEqual([])
})

describe('links', () => {
  test.each([
    ['a link to a missing file', '[x](missing.md)', 'dead-link'],
    ['an image that is missing', '![x](missing.svg)', 'dead-link'],
    ['a reference to a missing file', '[x]: missing.md', 'dead-link'],
    ['an HTML link to a missing file', '<a href="missing.md">x</a>', 'dead-link'],
    ['a link out of the project', '[x](../outside.md)', 'dead-link'],
    ['a link from the root of a machine', '[x](/README.md)', 'dead-link'],
    ['a missing heading of another page', '[x](docs/page.md#nowhere)', 'dead-anchor'],
    ['a missing heading of this page', '[x](#nowhere)', 'dead-anchor'],
    ['the third of two equal headings', '[x](docs/page.md#twice-2)', 'dead-anchor'],
    ['the second link of a line', '[a](docs/page.md) [x](missing.md)', 'dead-link'],
  ])('%s is refused', async (_, text, rule) => {
    expect(await verdictsWith({ 'GUIDE.md': `# Guide\n\n${text}\n` })).toEqual([`GUIDE.md:3 ${rule}`])
  })

  test('a heading inside a code block is no anchor', async () => {
    expect(await verdictsWith({ 'GUIDE.md': '[x](#inside)\n~~~sh\n# inside\n~~~\n' })).toEqual([
      'GUIDE.md:1 dead-anchor',
    ])
  })
})

describe('examples', () => {
  const packageFiles = {
    'node_modules/holdfast/package.json': JSON.stringify({
      name: 'holdfast',
      type: 'module',
      exports: { '.': { types: './index.d.ts' } },
    }),
    'node_modules/holdfast/index.d.ts': 'export declare class Pool { query(text: string): Promise<void> }\n',
  }

  /** Examples compile against what is installed in their project: here a small `holdfast` of three words. */
  async function exampleVerdicts(language: string, code: string): Promise<string[]> {
    const root = fixtureTree({
      ...packageFiles,
      'README.md': `# House\n\n\`\`\`${language}\n${code}\`\`\`\n`,
    })
    mkdirSync(join(root, 'node_modules'), { recursive: true })
    symlinkSync(join(INSTALLED, '@types'), join(root, 'node_modules/@types'))
    symlinkSync(join(INSTALLED, 'undici-types'), join(root, 'node_modules/undici-types'))
    return (await checkDocs(root)).violations.map(({ file, line, rule }) => `${file}:${line} ${rule}`)
  }

  const right =
    "// A comment first.\nimport { Pool } from 'holdfast'\nawait new Pool().query(process.version)\n"
  const wrong = "import { Pool } from 'holdfast'\n\nawait new Pool().qeury('SELECT 1')\n"

  test.each(['ts', 'js'])('an example in %s that compiles passes', async language => {
    expect(await exampleVerdicts(language, right)).toEqual([])
  })

  test.each(['ts', 'js', 'TypeScript'])(
    'an example in %s that calls what does not exist is refused at its line',
    async language => {
      expect(await exampleVerdicts(language, wrong)).toEqual(['README.md:6 example'])
    },
  )

  test('an example that imports what does not exist is refused', async () => {
    expect(await exampleVerdicts('ts', "import { Pol } from 'holdfast'\nnew Pol()\n")).toEqual([
      'README.md:4 example',
    ])
  })

  test('a piece of code without imports is not compiled', async () => {
    expect(await exampleVerdicts('ts', 'pool.qeury()\n')).toEqual([])
  })
})

describe('the reference of the errors', () => {
  const entry = (name: string) =>
    `HOLDFAST_${name}: { category: 'timeout', retry: 'safe', about: 'Wait | or not.' }`
  const withCodes = (...names: string[]) => ({
    'packages/holdfast/src/base/errors.ts': '',
    'packages/holdfast/dist/base/errors.js': `export const ERROR_CODES = { ${names.map(entry).join(', ')} }`,
    'packages/holdfast/package.json': '{ "type": "module" }',
  })

  async function written(...names: string[]): Promise<string> {
    const root = fixtureTree(withCodes(...names))
    expect((await checkDocs(root, { write: true })).violations).toEqual([])
    return readFileSync(join(root, ERRORS_PAGE), 'utf8')
  }

  test('what --write wrote is right', async () => {
    const page = await written('A', 'B')
    expect(page).toContain('`HOLDFAST_A` | timeout | safe | Wait \\| or not. |')
    expect(await verdictsWith({ ...withCodes('A', 'B'), [ERRORS_PAGE]: page })).toEqual([])
  })

  test.each([
    ['lacks a code', ['A', 'B', 'C'], 'lacks HOLDFAST_C'],
    ['lists a code that is gone', ['A'], 'still has HOLDFAST_B'],
    ['tells the codes in another order', ['B', 'A'], 'says something else'],
  ])('a page that %s is refused', async (_, names, message) => {
    const page = await written('A', 'B')
    const { violations } = await checkDocs(fixtureTree({ ...withCodes(...names), [ERRORS_PAGE]: page }))
    expect(violations).toMatchObject([{ rule: 'error-reference', message: expect.stringContaining(message) }])
  })

  test('a page with no place for the codes is refused', async () => {
    expect(await verdictsWith({ ...withCodes('A'), [ERRORS_PAGE]: '# Errors\n' })).toEqual([
      `${ERRORS_PAGE}:1 error-reference`,
    ])
  })

  test('--write keeps what the author wrote around the codes', async () => {
    const page = (await written('A')).replace('# Errors', '# All errors\n\nMy words.')
    const root = fixtureTree({ ...withCodes('A', 'B'), [ERRORS_PAGE]: page })
    expect((await checkDocs(root, { write: true })).violations).toEqual([])
    expect(readFileSync(join(root, ERRORS_PAGE), 'utf8')).toMatch(
      /^# All errors\n\nMy words\.[\s\S]*HOLDFAST_B/,
    )
  })
})

describe('the reference of the command line', () => {
  const page = 'docs/reference/cli.md'
  const withCommand = (about: string) => ({
    'packages/holdfast/package.json': '{ "type": "module" }',
    'packages/holdfast/src/cli/command-table.ts': '',
    'packages/holdfast/dist/cli/command-table.js': `export const COMMANDS = [{ name: 'go up', summary: 'Go', usage: 'X',
      options: [{ name: 'far', value: 'N', about: '${about}' }], examples: [{ line: 'holdfast go up', about: 'up' }] }]`,
    'packages/holdfast/dist/cli/command.js':
      "export const GLOBAL_OPTIONS = [{ name: 'help', about: 'help' }]",
    'packages/holdfast/dist/cli/help.js': "export const spelling = ({ name }) => '--' + name",
  })

  test('is what --write wrote of the table, and refused when an option says something else', async () => {
    const root = fixtureTree(withCommand('how | far'))
    expect((await checkDocs(root, { write: true })).violations).toEqual([])
    const written = readFileSync(join(root, page), 'utf8')
    for (const text of [
      '## holdfast go up',
      '| `--far` | how \\| far |',
      'holdfast go up   # up',
      '| `--help` | help |',
    ]) {
      expect(written).toContain(text)
    }
    expect(await verdictsWith({ ...withCommand('how | far'), [page]: written })).toEqual([])
    expect(await verdictsWith({ ...withCommand('how near'), [page]: written })).toEqual([
      `${page}:1 command-reference`,
    ])
    expect(await verdictsWith({ ...withCommand('x'), [page]: '# Mine\n' })).toEqual([
      `${page}:1 command-reference`,
    ])
  })
})

describe('what must stand nowhere', () => {
  const home = `/${'home'}/someone/project`
  test.each([
    ['an unfinished note in a document', 'GUIDE.md', `x ${'TO'}${'DO'}: y`, 'unfinished'],
    ['an unfinished note in code', 'scripts/x.mjs', `// ${'FIX'}${'ME'} y`, 'unfinished'],
    ['an unfinished note in SQL', 'packages/digis/migrations/1.sql', `-- ${'X'}${'XX'}`, 'unfinished'],
    ['a home folder', 'GUIDE.md', `run ${home}/x`, 'machine-path'],
    ['a home folder in quotes', 'scripts/x.mjs', `open('${home}')`, 'machine-path'],
    ['a Windows home folder', 'GUIDE.md', `C:${'\\'}Users\\someone`, 'machine-path'],
    [
      'a registry in the lock file',
      'package-lock.json',
      '{ "resolved": "https://registry.example.org/pg.tgz" }',
      'registry-address',
    ],
    ['a registry in .npmrc', '.npmrc', 'registry=https://registry.example.org/', 'registry-address'],
    [
      'a scoped registry in .npmrc',
      '.npmrc',
      '@a:registry = https://registry.example.org/',
      'registry-address',
    ],
  ])('%s is refused', async (_, file, text, rule) => {
    expect(await verdictsWith({ [file]: `\n${text}\n` })).toEqual([`${file}:2 ${rule}`])
  })

  test('relative paths, paths of a system and placeholders of temporary names are fine', async () => {
    const text = `./${'home'}/x ~/${'work'}/x /usr/lib/postgresql https://example.org/${'home'}/x tmp-${'X'.repeat(6)}`
    expect(await verdictsWith({ 'GUIDE.md': text })).toEqual([])
  })
})

test('the command takes --write and --json, and exits with 1 when a rule is broken', () => {
  const root = fixtureTree({ ...CLEAN, 'GUIDE.md': '[x](missing.md)' })
  const run = spawnSync(process.execPath, [COMMAND, '--write', '--json', '--root', root], {
    encoding: 'utf8',
  })
  expect(run.status).toBe(1)
  expect(JSON.parse(run.stdout)).toMatchObject({
    check: 'check-docs',
    ok: false,
    violations: [{ file: 'GUIDE.md', line: 1 }],
  })
})

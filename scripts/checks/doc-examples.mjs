import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * @typedef {import('./markdown.mjs').Page} Page
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {{ file: string, line: number, name: string, code: string }} Example
 */

const EXTENSIONS = /** @type {Record<string, string>} */ ({
  ts: 'mts',
  typescript: 'mts',
  js: 'mjs',
  javascript: 'mjs',
})

/** Strict, but an example may leave out what its point does not need. */
const COMPILER_OPTIONS = {
  target: 'ES2023',
  lib: ['ES2023'],
  module: 'NodeNext',
  strict: true,
  noEmit: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  types: ['node'],
}

/**
 * Every fenced example in TypeScript or JavaScript that starts with an import is a whole program, and compiles against
 * the built packages. An example without imports continues an explanation and is not checked.
 *
 * @param {string} root
 * @param {ReadonlyMap<string, Page>} pages by path
 * @returns {Violation[]}
 */
export function checkExamples(root, pages) {
  const examples = [...pages].flatMap(([file, page]) => examplesOf(file, page))
  return examples.length === 0 ? [] : compile(root, examples)
}

/** @param {string} file @param {Page} page @returns {Example[]} */
function examplesOf(file, { fences }) {
  return fences.flatMap(({ line, language, code }) => {
    const extension = EXTENSIONS[language]
    if (extension === undefined || !/^(\s*\/\/.*\n|\s*\n)*import\b/.test(code)) return []
    const name = `${file.replaceAll(/[^\w]+/g, '-')}-${line}.${extension}`
    return [{ file, line, name, code }]
  })
}

/**
 * The examples lie inside the project while they are compiled, so that `holdfast` means the one built here.
 *
 * @param {string} root
 * @param {Example[]} examples
 */
function compile(root, examples) {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'doc-examples-'))
  try {
    for (const { name, code } of examples) writeFileSync(join(folder, name), code)
    const project = { compilerOptions: COMPILER_OPTIONS, files: examples.map(({ name }) => name) }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
    return faults(runCompiler(folder), examples)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} folder */
function runCompiler(folder) {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
  const compiler = join(dirname(manifest), 'bin', 'tsc')
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [compiler, '--pretty', 'false', '-p', '.'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  if (error !== undefined) throw error
  return { failed: status !== 0, output: stdout + stderr }
}

/**
 * @param {{ failed: boolean, output: string }} compiler
 * @param {Example[]} examples
 * @returns {Violation[]}
 */
function faults({ failed, output }, examples) {
  const violations = output.split('\n').flatMap(text => {
    const [, name, line, message = ''] = /^(\S+)\((\d+),\d+\): error (.*)$/.exec(text) ?? []
    const example = examples.find(each => each.name === name)
    if (example === undefined) return []
    const remedy = 'mend the example: readers copy it as it stands'
    return [{ file: example.file, line: example.line + Number(line), rule: 'example', message, remedy }]
  })
  if (failed && violations.length === 0) throw new Error(`The examples could not be compiled:\n${output}`)
  return violations
}

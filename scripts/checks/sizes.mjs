import { measure } from './measured-module.mjs'
import { checkModule, checkPath } from './name-rules.mjs'
import { parseModule } from './parsed-module.mjs'
import { isCode, isTest, projectFiles } from './project-files.mjs'
import { BUDGETS } from './size-budgets.mjs'
import { placeOf } from './workspace.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {import('./measured-module.mjs').MeasuredModule} MeasuredModule
 * @typedef {import('./measured-module.mjs').MeasuredFunction & { file: string }} LocatedFunction
 * @typedef {{ name: string, sources: MeasuredModule[], tests: MeasuredModule[] }} Tree
 */

/**
 * Checks the budgets of files, functions, parameters and comments, and the rules for names.
 *
 * @param {string} root
 * @returns {import('./report.mjs').Findings}
 */
export function checkSizes(root) {
  const modules = projectFiles(root)
    .filter(isCode)
    .map(path => parseModule(root, path))
  const measured = modules.map(measure)
  const trees = treesOf(measured)
  const violations = [
    ...modules.flatMap(module => [...checkPath(module.path), ...checkModule(module)]),
    ...fileBudget(measured),
    ...functionBudget(measured),
    ...parameterBudget(measured),
    ...trees.flatMap(commentBudget),
  ]
  return {
    violations,
    notes: trees.flatMap(testRatio),
    table: sizeTable(trees),
    facts: factsOf(measured, trees),
  }
}

/** @param {MeasuredModule[]} files @returns {Violation[]} */
function fileBudget(files) {
  const { median, most, share, max } = BUDGETS.file
  const budget = { rule: 'file-lines', remedy: 'split it where two concepts meet' }
  const sizes = files.map(({ path, lines }) => ({ file: path, line: 1, lines }))
  const [largest] = [...sizes].sort((a, b) => b.lines - a.lines)
  const middle = percentile(sizes, 0.5)
  const violations = sizes
    .filter(({ lines }) => lines > max)
    .map(({ file, line, lines }) => ({ file, line, ...budget, message: `${lines} lines, at most ${max}` }))
  if (largest !== undefined && middle > median) {
    const message = `the median file has ${middle} lines, at most ${median}; the largest is this one (${largest.lines})`
    violations.push({ file: largest.file, line: 1, ...budget, message })
  }
  return [...violations, ...crowd(sizes, { most, share, what: 'files', ...budget })]
}

/** @param {MeasuredModule[]} files @returns {Violation[]} */
function functionBudget(files) {
  const { most, share, max } = BUDGETS.function
  const budget = { rule: 'function-lines', remedy: 'name its steps: each becomes a function' }
  const violations = functionsOf(files)
    .filter(({ lines }) => lines > max)
    .map(({ file, line, lines, name }) => ({
      file,
      line,
      ...budget,
      message: `${name} has ${lines} lines, at most ${max}`,
    }))
  const ofSources = functionsOf(files.filter(({ path }) => !isTest(path)))
  return [...violations, ...crowd(ofSources, { most, share, what: 'functions', ...budget })]
}

/** @param {MeasuredModule[]} files @returns {Violation[]} */
function parameterBudget(files) {
  const { max } = BUDGETS.parameters
  return functionsOf(files)
    .filter(({ parameters }) => parameters > max)
    .map(({ file, line, name, parameters }) => ({
      file,
      line,
      rule: 'parameters',
      message: `${name} takes ${parameters} parameters, at most ${max}`,
      remedy: 'take an object, so that the call names what it gives',
    }))
}

/** @param {Tree} tree @returns {Violation[]} */
function commentBudget({ name, sources }) {
  const { min, max } = BUDGETS.comments
  const share = commentShare(sources)
  if (linesOf(sources) < BUDGETS.smallTree || (share >= min && share <= max)) return []
  const message = `${(share * 100).toFixed(1)} % of the lines carry a comment, ${percent(min)} to ${percent(max)} should`
  const remedy =
    share < min
      ? 'say of each public name its effect, unit, default and errors; of each surprise, why'
      : 'delete what the code says itself; a comment says why'
  return [{ file: name, line: 1, rule: 'comments', message, remedy }]
}

/** @param {Tree} tree */
function testRatio({ name, sources, tests }) {
  const { min, max } = BUDGETS.tests
  const ratio = linesOf(tests) / linesOf(sources)
  if (linesOf(sources) < BUDGETS.smallTree || (ratio >= min && ratio <= max)) return []
  return [`${name} has ${ratio.toFixed(1)} lines of tests per line of source, ${min} to ${max} is the aim`]
}

/**
 * One violation when too many of the given sizes exceed the limit that most should keep.
 *
 * @param {readonly { file: string, line: number, lines: number, name?: string }[]} sizes
 * @param {{ most: number, share: number, what: string, rule: string, remedy: string }} budget
 * @returns {Violation[]}
 */
function crowd(sizes, { most, share, what, rule, remedy }) {
  const over = sizes.filter(({ lines }) => lines > most).sort((a, b) => b.lines - a.lines)
  const [worst] = over
  if (worst === undefined || over.length <= sizes.length * share) return []
  const list = over
    .slice(0, 10)
    .map(({ file, line, lines, name }) => `${name ?? file} ${file}:${line} (${lines})`)
  const message = `${over.length} of ${sizes.length} ${what} exceed ${most} lines, at most ${percent(share)} may: ${list.join(', ')}`
  return [{ file: worst.file, line: worst.line, rule, message, remedy }]
}

/** @param {MeasuredModule[]} files @returns {LocatedFunction[]} */
function functionsOf(files) {
  return files.flatMap(({ path, functions }) => functions.map(each => ({ ...each, file: path })))
}

/** One tree per member of the workspace; files of the root folder belong to none. @param {MeasuredModule[]} files */
function treesOf(files) {
  /** @type {Map<string, Tree>} */
  const trees = new Map()
  for (const file of files) {
    const name = placeOf(file.path)?.member
    if (name === undefined) continue
    const tree = trees.get(name) ?? { name, sources: [], tests: [] }
    trees.set(name, tree)
    tree[isTest(file.path) ? 'tests' : 'sources'].push(file)
  }
  return [...trees.values()]
}

/** @param {Tree[]} trees */
function sizeTable(trees) {
  const head = [
    'tree',
    'files',
    'median',
    '90 %',
    'max',
    'functions',
    '90 %',
    'max',
    'comments',
    'tests/source',
  ]
  return [head, ...trees.map(sizeRow)]
}

/** @param {Tree} tree */
function sizeRow({ name, sources, tests }) {
  const [files, functions] = [[...sources, ...tests], functionsOf(sources)]
  const ofFiles = [percentile(files, 0.5), percentile(files, 0.9), percentile(files, 1)]
  const ofFunctions = [functions.length, percentile(functions, 0.9), percentile(functions, 1)]
  const ratio = (linesOf(tests) / Math.max(1, linesOf(sources))).toFixed(1)
  return [name, files.length, ...ofFiles, ...ofFunctions, percent(commentShare(sources)), ratio]
}

/** @param {MeasuredModule[]} files @param {Tree[]} trees */
function factsOf(files, trees) {
  const functions = functionsOf(files.filter(({ path }) => !isTest(path)))
  return {
    files: {
      count: files.length,
      median: percentile(files, 0.5),
      p90: percentile(files, 0.9),
      max: percentile(files, 1),
    },
    functions: { count: functions.length, p90: percentile(functions, 0.9), max: percentile(functions, 1) },
    trees: trees.map(({ name, sources, tests }) => ({
      name,
      sourceLines: linesOf(sources),
      testLines: linesOf(tests),
      commentShare: commentShare(sources),
    })),
  }
}

/** @param {readonly { lines: number }[]} sizes @param {number} part 0.5 for the median */
function percentile(sizes, part) {
  const sorted = sizes.map(({ lines }) => lines).sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
}

/** @param {MeasuredModule[]} files */
function commentShare(files) {
  return files.reduce((sum, { commentLines }) => sum + commentLines, 0) / Math.max(1, linesOf(files))
}

/** @param {readonly { lines: number }[]} files */
function linesOf(files) {
  return files.reduce((sum, { lines }) => sum + lines, 0)
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(share * 100)} %`
}

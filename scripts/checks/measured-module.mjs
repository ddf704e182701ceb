import { visit } from './parsed-module.mjs'

/**
 * @typedef {import('./parsed-module.mjs').Node} Node
 * @typedef {import('./parsed-module.mjs').ParsedModule} ParsedModule
 * @typedef {{ name: string, line: number, lines: number, parameters: number }} MeasuredFunction
 * @typedef {{ path: string, lines: number, commentLines: number, functions: MeasuredFunction[] }} MeasuredModule
 */

/** What a test runner is called with: a suite or a case is a paragraph of a document, not a function. */
const RUNNER = /^(describe|suite|it|test|before|after|beforeEach|afterEach|beforeAll|afterAll|bench)$/

/**
 * @param {ParsedModule} module
 * @returns {MeasuredModule}
 */
export function measure(module) {
  /** @type {MeasuredFunction[]} */
  const functions = []
  visit(module.program, (node, ancestors) => {
    if (!isFunction(node) || isRunnerCallback(node, ancestors.at(-1))) return
    functions.push(measureFunction(node, ancestors.at(-1), module))
  })
  return { path: module.path, lines: module.lines, commentLines: commentLines(module), functions }
}

/**
 * @param {any} node
 * @param {any} parent
 * @param {ParsedModule} module
 * @returns {MeasuredFunction}
 */
function measureFunction(node, parent, module) {
  // A method's name belongs to its length; the doc comment above does not.
  const whole = parent?.value === node && parent.key !== undefined ? parent : node
  return {
    name: node.id?.name ?? parent?.key?.name ?? parent?.id?.name ?? '(anonymous)',
    line: module.lineOf(whole.start),
    lines: span(whole, module) - runnerLines(node, module),
    parameters: node.params.filter((/** @type {any} */ { name }) => name !== 'this').length,
  }
}

/** @param {Node} node */
function isFunction(node) {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|TSDeclareFunction|TSEmptyBodyFunctionExpression)$/.test(
    node.type,
  )
}

/**
 * @param {Node} node
 * @param {Node | undefined} parent
 */
function isRunnerCallback(node, parent) {
  if (parent?.type !== 'CallExpression' || !parent.arguments.some(argument => argument === node)) return false
  return RUNNER.test(rootName(parent.callee))
}

/** The `test` of `test`, `test.each(…)` and ``test.each`…` ``. @param {any} callee @returns {string} */
function rootName(callee) {
  const inner = callee.object ?? callee.callee ?? callee.tag
  return inner === undefined ? (callee.name ?? '') : rootName(inner)
}

/**
 * The lines inside a function that belong to test cases it declares, as a conformance suite does.
 *
 * @param {Node} node
 * @param {ParsedModule} module
 */
function runnerLines(node, module) {
  let lines = 0
  let end = -1
  visit(node, (inner, ancestors) => {
    if (inner.start < end || !isFunction(inner) || !isRunnerCallback(inner, ancestors.at(-1))) return
    lines += span(inner, module) - 1
    end = inner.end
  })
  return lines
}

/** @param {{ start: number, end: number }} range @param {ParsedModule} module */
function span({ start, end }, module) {
  return module.lineOf(end) - module.lineOf(start) + 1
}

/** @param {ParsedModule} module */
function commentLines(module) {
  const lines = new Set()
  for (const { start, end } of module.comments) {
    for (let line = module.lineOf(start); line <= module.lineOf(end); line++) lines.add(line)
  }
  return lines.size
}

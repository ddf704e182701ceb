import { visit } from './parsed-module.mjs'
import { EMPTY_WORDS } from './size-budgets.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {import('./parsed-module.mjs').ParsedModule} ParsedModule
 */

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/

/** Declarations whose name is chosen here, unlike a property that may belong to somebody's contract. */
const NAMED = /^(Function|Class|TSInterface|TSTypeAlias)Declaration$|^VariableDeclarator$|^TSDeclareFunction$/

/** What an index may consist of. */
const INDEX = /^(ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration)$/

/**
 * @param {string} path relative to the root
 * @returns {Violation[]}
 */
export function checkPath(path) {
  const at = { file: path, line: 1 }
  const wrong = path.split('/').filter(part => !KEBAB.test(part))
  const empty = path
    .split('/')
    .filter(part => part.split(/[-.]/).some(word => isEmptyWord(word) || word === 'common'))
  return [
    ...wrong.map(part => ({
      ...at,
      rule: 'kebab-case',
      message: `${part} is not kebab-case`,
      remedy: 'name it like-this.ts',
    })),
    ...empty.map(part => ({
      ...at,
      rule: 'empty-name',
      message: `${part} names no concept`,
      remedy: 'name it for the one thing it holds',
    })),
  ]
}

/**
 * @param {ParsedModule} module
 * @returns {Violation[]}
 */
export function checkModule(module) {
  return [...emptyNames(module), ...exportStars(module), ...indexLogic(module)]
}

/** @param {ParsedModule} module */
function emptyNames(module) {
  /** @type {Violation[]} */
  const violations = []
  visit(module.program, node => {
    const name = NAMED.test(node.type) ? /** @type {any} */ (node).id?.name : undefined
    if (typeof name !== 'string' || (name.toLowerCase() !== 'common' && !wordsOf(name).some(isEmptyWord)))
      return
    const at = { file: module.path, line: module.lineOf(node.start), rule: 'empty-name' }
    violations.push({ ...at, message: `${name} names no concept`, remedy: 'name it for what it does or is' })
  })
  return violations
}

/** @param {ParsedModule} module */
function exportStars(module) {
  return module.program.body
    .filter(({ type }) => type === 'ExportAllDeclaration')
    .map(({ start }) => ({
      file: module.path,
      line: module.lineOf(start),
      rule: 'export-star',
      message: '`export *` publishes names that nobody chose',
      remedy: 'list the names',
    }))
}

/** @param {ParsedModule} module */
function indexLogic(module) {
  if (!/(^|\/)index\.[cm]?[jt]s$/.test(module.path)) return []
  const logic = /** @type {any[]} */ (module.program.body).filter(
    node => !INDEX.test(node.type) || (node.declaration ?? null) !== null,
  )
  return logic.map(({ start }) => ({
    file: module.path,
    line: module.lineOf(start),
    rule: 'index-logic',
    message: 'an index holds logic',
    remedy: 'move it into a file of its own; an index only lists names',
  }))
}

/** @param {string} word */
function isEmptyWord(word) {
  return EMPTY_WORDS.includes(word)
}

/** @param {string} name camelCase, PascalCase or SCREAMING_CASE */
function wordsOf(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_$]+/)
}

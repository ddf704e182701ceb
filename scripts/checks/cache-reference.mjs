import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { marksOf, readPart, writePart } from './generated-part.mjs'
import { parseModule } from './parsed-module.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {import('./parsed-module.mjs').ParsedModule} ParsedModule
 * @typedef {{ name: string, type: string, about: string }} Option
 */

const SOURCE = 'packages/holdfast/src'
const OPTIONS_SOURCE = `${SOURCE}/base/cache-options.ts`
const OPTIONS_PAGE = 'docs/guides/opt-a-table-in.md'
const REASONS_PAGE = 'docs/guides/why-was-my-query-not-cached.md'

/** The types whose members are options, each with the place in the page where they are told. */
const OPTION_TYPES = ['CacheOptions', 'TableCacheOptions', 'QueryCacheOptions']

/** The unions whose words are reasons. */
const REASON_TYPES = [
  { file: `${SOURCE}/sql/plan.ts`, type: 'UncacheableReason' },
  { file: `${SOURCE}/cache/cache-info.ts`, type: 'BypassReason' },
]

/**
 * The options of the cache are described as their doc comments describe them, and the page of reasons explains exactly
 * those that exist.
 *
 * @param {string} root
 * @param {{ write?: boolean }} options `write` brings the generated parts up to date first
 * @returns {Violation[]} none while the project has no such page or source
 */
export function checkCacheReference(root, { write = false }) {
  return [...checkOptions(root, write), ...checkReasons(root)]
}

/** @param {string} root @param {boolean} write @returns {Violation[]} */
function checkOptions(root, write) {
  const page = join(root, OPTIONS_PAGE)
  if (!existsSync(page) || !existsSync(join(root, OPTIONS_SOURCE))) return []
  const module = parseModule(root, OPTIONS_SOURCE)
  return OPTION_TYPES.flatMap(type => {
    const part = optionTable(optionsOf(module, type))
    const marks = marksOf(type)
    if (write) writePart(page, marks, { part })
    const written = readPart(readFileSync(page, 'utf8'), marks)
    if (written === part) return []
    const message = written === undefined ? `it has no place for ${type}` : `it describes ${type} differently`
    const remedy = `run \`node scripts/check-docs.mjs --write\`; the place is ${marks.begin} ${marks.end}`
    return [{ file: OPTIONS_PAGE, line: 1, rule: 'cache-options', message, remedy }]
  })
}

/** @param {readonly Option[]} options */
function optionTable(options) {
  const rows = options.map(({ name, type, about }) => `| \`${name}\` | \`${cell(type)}\` | ${cell(about)} |`)
  return ['| option | type | effect |', '|---|---|---|', ...rows].join('\n')
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}

/**
 * @param {ParsedModule} module
 * @param {string} name of an interface, or of a union that an object type is part of
 * @returns {Option[]}
 */
function optionsOf(module, name) {
  const declared = /** @type {any} */ (declarationOf(module, name))
  const isObject = (/** @type {any} */ each) => each.type === 'TSTypeLiteral'
  const object = declared?.types === undefined ? declared : declared.types.find(isObject)
  const members = object?.members ?? object?.body ?? []
  return members.map((/** @type {any} */ { key, typeAnnotation, start }) => ({
    name: key.name,
    type: textOf(module, typeAnnotation.typeAnnotation),
    about: commentBefore(module, start),
  }))
}

/** The body of an interface, or the type that an alias stands for. @param {ParsedModule} module @param {string} name */
function declarationOf({ program }, name) {
  for (const statement of program.body) {
    const node = /** @type {any} */ (
      statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    )
    if (node?.id?.name === name)
      return node.type === 'TSInterfaceDeclaration' ? node.body : node.typeAnnotation
  }
  return undefined
}

/** @param {ParsedModule} module @param {{ start: number, end: number }} node */
function textOf({ text }, { start, end }) {
  return text.slice(start, end)
}

/** The doc comment that ends where the node begins, as one line. @param {ParsedModule} module @param {number} start */
function commentBefore({ text, comments }, start) {
  const comment = comments.find(({ end }) => end <= start && text.slice(end, start).trim() === '')
  return (comment?.value ?? '')
    .replace(/^\*/, '')
    .split('\n')
    .map(line => line.replace(/^\s*\*?\s*/, '').trim())
    .join(' ')
    .trim()
}

/** @param {string} root @returns {Violation[]} */
function checkReasons(root) {
  if (!existsSync(join(root, REASONS_PAGE))) return []
  const reasons = REASON_TYPES.filter(({ file }) => existsSync(join(root, file))).flatMap(({ file, type }) =>
    wordsOf(declarationOf(parseModule(root, file), type)),
  )
  const told = rowsOf(readFileSync(join(root, REASONS_PAGE), 'utf8'))
  const at = { file: REASONS_PAGE, rule: 'cache-reasons' }
  const missing = reasons.filter(reason => !told.some(row => row.reason === reason))
  const gone = told.filter(({ reason }) => !reasons.includes(reason))
  const twice = told.filter(({ reason }, index) => told.findIndex(row => row.reason === reason) < index)
  return [
    ...missing.map(reason => ({
      ...at,
      line: 1,
      message: `it does not explain \`${reason}\``,
      remedy: `add a row that begins with | <a id="${reason}"></a>\`${reason}\` | and says cause and remedy`,
    })),
    ...gone.map(({ reason, line }) => ({
      ...at,
      line,
      message: `\`${reason}\` is no reason of the code's`,
      remedy: 'delete the row',
    })),
    ...twice.map(({ reason, line }) => ({
      ...at,
      line,
      message: `\`${reason}\` is explained twice`,
      remedy: 'keep one row',
    })),
  ]
}

/** The string literals of a union. @param {any} type @returns {string[]} */
function wordsOf(type) {
  if (type?.type === 'TSUnionType') return type.types.flatMap(wordsOf)
  return type?.type === 'TSLiteralType' && typeof type.literal.value === 'string' ? [type.literal.value] : []
}

/** The rows of the tables that begin with an anchor and a reason. @param {string} page */
function rowsOf(page) {
  return page.split('\n').flatMap((text, index) => {
    const reason = /^\| <a id="[a-z-]+"><\/a>`([a-z-]+)` \|/.exec(text)?.[1]
    return reason === undefined ? [] : [{ reason, line: index + 1 }]
  })
}

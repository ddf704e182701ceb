import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, visitorKeys } from 'oxc-parser'

/**
 * @typedef {import('oxc-parser').Node} Node
 * @typedef {{ path: string, text: string, lines: number, program: import('oxc-parser').Program,
 *   comments: import('oxc-parser').Comment[], lineOf: (offset: number) => number }} ParsedModule
 */

/**
 * Reads and parses one file.
 *
 * @param {string} root
 * @param {string} path relative to the root
 * @returns {ParsedModule} `lineOf` turns an offset of the text into a line number that starts at 1
 * @throws {Error} naming file and line when the file is not valid JavaScript or TypeScript
 */
export function parseModule(root, path) {
  const text = readFileSync(join(root, path), 'utf8')
  const starts = lineStarts(text)
  /** @param {number} offset */
  const lineOf = offset => lineAt(starts, offset)
  const { program, comments, errors } = parseSync(path, text, { preserveParens: false })
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}:${lineOf(error.labels[0]?.start ?? 0)} ${error.message}`)
  return { path, text, lines: starts.length - (text.endsWith('\n') ? 1 : 0), program, comments, lineOf }
}

/**
 * Calls `enter` for the node and everything below it, parents first.
 *
 * @param {Node} node
 * @param {(node: Node, ancestors: readonly Node[]) => void} enter the nearest ancestor comes last
 * @param {readonly Node[]} [ancestors]
 */
export function visit(node, enter, ancestors = []) {
  enter(node, ancestors)
  const below = [...ancestors, node]
  for (const child of childrenOf(node)) visit(child, enter, below)
}

/**
 * @param {Node} node
 * @returns {Node[]}
 */
function childrenOf(node) {
  const fields = /** @type {Record<string, any>} */ (/** @type {unknown} */ (node))
  return (visitorKeys[node.type] ?? []).flatMap(key => fields[key] ?? []).filter(child => child !== null)
}

/** @param {string} text */
function lineStarts(text) {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/**
 * @param {number[]} starts ascending
 * @param {number} offset
 */
function lineAt(starts, offset) {
  let [low, high] = [0, starts.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (/** @type {number} */ (starts[middle]) <= offset) low = middle
    else high = middle
  }
  return low + 1
}

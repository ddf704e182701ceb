import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * The part of a page that a check writes: what stands between two marks.
 *
 * @typedef {{ begin: string, end: string }} Marks
 */

/**
 * @param {string} name what the part holds
 * @returns {Marks}
 */
export function marksOf(name) {
  return { begin: `<!-- ${name}: begin (generated) -->`, end: `<!-- ${name}: end -->` }
}

/**
 * @param {string} page
 * @param {Marks} marks
 * @returns {string | undefined} the part, trimmed; `undefined` when the page has no place for it
 */
export function readPart(page, marks) {
  const { from, to } = boundsOf(page, marks)
  return from === -1 ? undefined : page.slice(from, to).trim()
}

/**
 * Writes the part; a page without the marks is the author's whole and stays as it is.
 *
 * @param {string} file
 * @param {Marks} marks
 * @param {{ part: string, firstPage?: string }} text `firstPage`: the whole page, where there is none yet
 */
export function writePart(file, marks, { part, firstPage = '' }) {
  const page = existsSync(file) ? readFileSync(file, 'utf8') : firstPage
  const { from, to } = boundsOf(page, marks)
  if (from === -1) return
  writeFileSync(file, `${page.slice(0, from)}\n${part}\n${page.slice(to)}`)
}

/** @param {string} page @param {Marks} marks */
function boundsOf(page, { begin, end }) {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  return from === -1 || to < from ? { from: -1, to: -1 } : { from: from + begin.length, to }
}

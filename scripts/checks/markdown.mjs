/**
 * The few constructs of Markdown that the checks need, found line by line; whatever stands in code is no link.
 *
 * @typedef {{ line: number, target: string }} Link
 * @typedef {{ line: number, language: string, code: string }} Fence
 * @typedef {{ links: Link[], fences: Fence[], anchors: Set<string> }} Page
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*(\S*)/

/** `[text](target "title")` and `![text](target)`; the target may stand in angle brackets. */
const INLINE_LINK = /\]\(\s*(?:<([^>]*)>|([^()\s]*(?:\([^()\s]*\)[^()\s]*)*))(?:\s+["'(].*?["')])?\s*\)/g

const REFERENCE = /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/

const HTML_LINK = /<(?:a|img)\b[^>]*?\b(?:href|src)=["']([^"']*)["']/g

const HTML_ANCHOR = /<[a-z][^>]*?\b(?:id|name)=["']([^"']+)["']/g

/**
 * @param {string} text
 * @returns {Page}
 */
export function parseMarkdown(text) {
  /** @type {Page} */
  const page = { links: [], fences: [], anchors: new Set() }
  const prose = takeFences(text.split(/\r?\n/), page.fences)
  prose.forEach((line, index) => {
    for (const target of linksOf(line)) page.links.push({ line: index + 1, target })
  })
  collectAnchors(prose, page.anchors)
  return page
}

/**
 * @param {string[]} lines
 * @param {Fence[]} fences filled
 * @returns {string[]} the lines with those of code emptied
 */
function takeFences(lines, fences) {
  /** @type {{ mark: string, fence: Fence } | undefined} */
  let open
  return lines.map((line, index) => {
    const [, mark = '', language = ''] = FENCE.exec(line) ?? []
    if (open === undefined) {
      if (mark === '') return line
      open = { mark, fence: { line: index + 1, language: language.toLowerCase(), code: '' } }
      fences.push(open.fence)
    } else if (mark.startsWith(open.mark) && language === '') open = undefined
    else open.fence.code += `${line}\n`
    return ''
  })
}

/** @param {string} line */
function linksOf(line) {
  const prose = line.replace(/(`+)[^`].*?\1(?!`)/g, '')
  const inline = [...prose.matchAll(INLINE_LINK)].map(([, bracketed, plain]) => bracketed ?? plain ?? '')
  const html = [...prose.matchAll(HTML_LINK)].map(([, target = '']) => target)
  const reference = REFERENCE.exec(prose)?.[1]
  return [...inline, ...html, ...(reference === undefined ? [] : [reference])]
}

/**
 * The names that a `#fragment` can point at, made as GitHub makes them.
 *
 * @param {string[]} lines
 * @param {Set<string>} anchors filled
 */
function collectAnchors(lines, anchors) {
  for (const line of lines) {
    for (const [, name = ''] of line.matchAll(HTML_ANCHOR)) anchors.add(name)
    const title = /^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$/.exec(line)?.[1]
    if (title === undefined) continue
    const slug = slugOf(title)
    let [unique, count] = [slug, 0]
    while (anchors.has(unique)) unique = `${slug}-${++count}`
    anchors.add(unique)
  }
}

/** @param {string} title */
function slugOf(title) {
  return title
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}

import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'

/**
 * @typedef {import('./markdown.mjs').Page} Page
 * @typedef {import('./report.mjs').Violation} Violation
 */

/**
 * Every relative link leads to a file or folder of the project, and every fragment to a heading or anchor there.
 * Addresses of the web are not visited: a check that needs the network fails for other people's reasons.
 *
 * @param {string} root
 * @param {ReadonlyMap<string, Page>} pages by path
 * @returns {Violation[]}
 */
export function checkLinks(root, pages) {
  return [...pages].flatMap(([file, { links }]) =>
    links.flatMap(({ line, target }) => {
      const wrong = fault({ root, pages, file, target })
      return wrong === undefined ? [] : [{ file, line, ...wrong }]
    }),
  )
}

/** @param {{ root: string, pages: ReadonlyMap<string, Page>, file: string, target: string }} link */
function fault({ root, pages, file, target }) {
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) return undefined
  const [path = '', fragment] = decoded(target).split('#')
  const found = path === '' ? file : posix.join(posix.dirname(file), path)
  if (path.startsWith('/') || found.startsWith('..') || !existsSync(join(root, found))) {
    return {
      rule: 'dead-link',
      message: `${target} leads nowhere`,
      remedy: 'link relative to this file, to what exists in the project',
    }
  }
  const anchors = pages.get(found)?.anchors
  // A fragment on anything but a page of ours (`main.ts#L10`) is left to whoever shows that file.
  if (fragment === undefined || anchors === undefined || anchors.has(fragment)) return undefined
  const message = `${target} names no heading of ${found}`
  return {
    rule: 'dead-anchor',
    message,
    remedy: `one of: ${[...anchors].map(anchor => `#${anchor}`).join(' ')}`,
  }
}

/** A target with a stray % means itself. @param {string} target */
function decoded(target) {
  try {
    return decodeURI(target)
  } catch {
    return target
  }
}

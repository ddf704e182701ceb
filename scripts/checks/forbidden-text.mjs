import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./report.mjs').Violation} Violation */

/** Files that are text and written by people; the rest (images, archives) cannot be read line by line. */
const TEXT = /\.(md|[cm]?[jt]sx?|json|ya?ml|sql|sh|html|css|txt)$|(^|\/)(LICENSE|\.[a-z]+)$/

// Built from pieces, so that this file does not find itself.
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`)

const MACHINE_PATH = /(?<![\w./~-])(?:\/(?:home|Users|root|work)\/[\w.]|[A-Z]:\\Users\\)/

/** @type {{ rule: string, pattern: RegExp, message: string, remedy: string }[]} */
const EVERYWHERE = [
  {
    rule: 'unfinished',
    pattern: UNFINISHED,
    message: 'a note of unfinished work',
    remedy: 'finish it, or open an issue and delete the note',
  },
  {
    rule: 'machine-path',
    pattern: MACHINE_PATH,
    message: 'an absolute path of one machine',
    remedy: 'write it relative to the repository',
  },
]

/** Where a package comes from is the business of whoever installs it. */
const REGISTRY = {
  rule: 'registry-address',
  pattern: /"resolved":\s*"https?:|^\s*(@[\w-]+:)?registry\s*=/,
  message: 'an address of a package registry',
  remedy: 'install with omit-lockfile-registry-resolved=true (it stands in .npmrc)',
}

/**
 * @param {string} root
 * @param {readonly string[]} files relative to the root
 * @returns {Violation[]}
 */
export function checkForbiddenText(root, files) {
  return files.filter(file => TEXT.test(file)).flatMap(file => forbiddenIn(root, file))
}

/** @param {string} root @param {string} file */
function forbiddenIn(root, file) {
  const rules = /(^|\/)(package-lock\.json|\.npmrc)$/.test(file) ? [REGISTRY] : EVERYWHERE
  /** @type {Violation[]} */
  const violations = []
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .forEach((text, index) => {
      for (const { pattern, ...rest } of rules) {
        if (pattern.test(text)) violations.push({ file, line: index + 1, ...rest })
      }
    })
  return violations
}

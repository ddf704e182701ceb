import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that hold nothing a person wrote here: installed, built or generated, or deliberately wrong. */
const SKIPPED = new Set(['node_modules', 'dist', 'fixtures', '.git', '.holdfast', 'coverage'])

const CODE = /\.[cm]?[jt]sx?$/

/**
 * Every file of the project that a person wrote, relative to `root`, with forward slashes, sorted.
 *
 * @param {string} root
 * @param {string} [folder] start below this folder of the root
 * @returns {string[]} empty when the folder does not exist
 */
export function projectFiles(root, folder = '') {
  const files = []
  for (const entry of entriesOf(join(root, folder))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (SKIPPED.has(entry.name)) continue
    if (entry.isDirectory()) files.push(...projectFiles(root, path))
    else if (entry.isFile()) files.push(path)
  }
  return files.sort()
}

/**
 * @param {string} path
 * @returns {boolean} whether the file holds JavaScript or TypeScript
 */
export function isCode(path) {
  return CODE.test(path)
}

/**
 * @param {string} path relative to the root
 * @returns {boolean} whether the file is a test or serves tests only: `x.test.ts`, or anything in a `test` folder
 */
export function isTest(path) {
  return /\.test\.[cm]?[jt]sx?$/.test(path) || path.split('/').includes('test')
}

/** @param {string} folder */
function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return []
    throw error
  }
}

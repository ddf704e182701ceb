import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MEMBERS } from './layer-rules.mjs'

/**
 * Where a file lives: the member of the workspace, its area (`src`, `test`, or `` elsewhere in the member), and the
 * folder or file directly below the area, which is what layers are made of.
 *
 * @typedef {{ member: string, area: string, unit: string }} Place
 * @typedef {{ name: string, exports: readonly string[], runtime: ReadonlySet<string>,
 *   development: ReadonlySet<string> }} Manifest
 */

/** Folders whose children are members of the workspace. */
const GROUPS = ['packages', 'apps']

/**
 * @param {string} path relative to the root
 * @returns {Place | undefined} undefined for a file in the root folder itself
 */
export function placeOf(path) {
  const parts = path.split('/')
  const depth = GROUPS.includes(parts[0] ?? '') ? 2 : 1
  if (parts.length <= depth) return undefined
  const rest = parts.slice(depth)
  const area = ['src', 'test'].includes(rest[0] ?? '') ? /** @type {string} */ (rest.shift()) : ''
  return { member: parts.slice(0, depth).join('/'), area, unit: rest[0] ?? '' }
}

/**
 * The manifests of all members that have one, by folder. The root's own is under the empty string.
 *
 * @param {string} root
 * @returns {Map<string, Manifest>}
 */
export function manifestsOf(root) {
  const manifests = new Map()
  for (const member of ['', ...Object.keys(MEMBERS)]) {
    const manifest = readManifest(join(root, member, 'package.json'))
    if (manifest !== undefined) manifests.set(member, manifest)
  }
  return manifests
}

/**
 * @param {string} file
 * @returns {Manifest | undefined}
 */
function readManifest(file) {
  let fields
  try {
    fields = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined
    throw error
  }
  const { name, exports = {}, dependencies, optionalDependencies, peerDependencies, devDependencies } = fields
  return {
    name,
    exports: Object.keys(exports).map(key => name + key.slice(1)),
    runtime: new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })),
    development: new Set(Object.keys(devDependencies ?? {})),
  }
}

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runNode } from './command.mjs'
import { ROOT } from './repository.mjs'

const STAMP = join(ROOT, 'node_modules', '.cache', 'holdfast', 'built')
const COMPILER = join('node_modules', 'typescript', 'bin', 'tsc')

/** @returns {boolean} whether the sources are those of the latest build: much quicker to tell than to build */
export function isBuilt() {
  return existsSync(STAMP) && members().every(isMemberBuilt) && readFileSync(STAMP, 'utf8') === sourcesKey()
}

/**
 * Compiles every package whose sources have changed.
 *
 * @returns {Promise<string>} what the compiler printed
 */
export async function build() {
  const key = sourcesKey()
  const { code, output } = await runNode([COMPILER, '-b'])
  if (code !== 0) throw new Error(`The build failed:\n\n${output.trim()}`)
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, key)
  return output
}

/** @returns {string[]} the folders of the packages that are compiled */
function members() {
  return ['packages', 'apps'].flatMap(parent =>
    readdirSync(join(ROOT, parent))
      .map(name => join(ROOT, parent, name))
      .filter(folder => existsSync(join(folder, 'tsconfig.json'))),
  )
}

/** @param {string} folder */
function isMemberBuilt(folder) {
  return existsSync(join(folder, 'dist', 'index.js')) || existsSync(join(folder, 'dist', 'main.js'))
}

/** A digest of the names, sizes and times of everything that the build reads. */
function sourcesKey() {
  const key = createHash('sha256')
  for (const name of ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json']) note(key, join(ROOT, name))
  for (const folder of members()) {
    note(key, join(folder, 'tsconfig.json'))
    const sources = readdirSync(join(folder, 'src'), { recursive: true }).sort()
    for (const source of sources) note(key, join(folder, 'src', source))
  }
  return key.digest('hex')
}

/**
 * @param {import('node:crypto').Hash} key
 * @param {string} file
 */
function note(key, file) {
  const { size, mtimeMs } = statSync(file)
  key.update(`${file} ${size} ${mtimeMs}\n`)
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, runNode } from './command.mjs'
import { ROOT } from './repository.mjs'

/**
 * Whether node_modules holds what package-lock.json asks for. npm notes what it installed in a lock file of its
 * own, so no stamp of ours is needed, and an installation by hand counts as well.
 *
 * @param {string} [root]
 * @returns {boolean}
 */
export function isInstalled(root = ROOT) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  const wanted = readPackages(join(root, 'package-lock.json'))
  if (!installed || !wanted) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true
    const found = installed[path]
    // npm leaves out what belongs to other platforms, and optional packages that it could not install.
    if (found === undefined) return entry.optional === true
    return found.version === entry.version && existsSync(join(root, path))
  })
}

/** @param {string} file */
function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined
}

/**
 * Installs the versions that package-lock.json names, without writing it. Not `npm ci`: that refuses a lock file
 * which lacks the optional binaries of other platforms, and a registry need not have them all.
 *
 * @returns {Promise<string>} what npm printed
 */
export async function install() {
  const { code, output } = await runNpm(['install', '--no-save', '--no-audit', '--no-fund', '--include=dev'])
  if (code === 0) return output
  throw new Error(`npm install failed. Is there a connection to the registry?\n\n${output.trim()}`)
}

/** The npm that runs us, or else the one that the shell finds. */
function runNpm(args) {
  const program = process.env.npm_execpath
  // A script of npm's own configuration must not reach the inner npm.
  return program?.endsWith('.js') ? runNode([program, ...args]) : run('npm', args)
}

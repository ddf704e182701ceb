import { pathToFileURL } from 'node:url'
import { build, isBuilt } from './run/build.mjs'
import { install, isInstalled } from './run/installation.mjs'
import { requireNode } from './run/node-version.mjs'
import { step } from './run/terminal.mjs'

/**
 * Installs and builds what is missing or out of date. Says nothing and costs a few milliseconds when nothing is.
 *
 * @returns {Promise<void>}
 */
export async function setUp() {
  requireNode()
  if (!isInstalled()) await step('Installing packages', install)
  if (!isBuilt()) await step('Building', build)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await setUp()
    console.log('Everything is installed and built.')
  } catch (error) {
    console.error(/** @type {Error} */ (error).message)
    process.exitCode = 1
  }
}

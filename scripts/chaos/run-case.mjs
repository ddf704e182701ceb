import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CASES } from './options.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COMPILER = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
/** What the cases measure and stand on. */
const PROJECTS = ['packages/holdfast', 'packages/testkit', 'apps/api']

/**
 * What a case prints with `--json`. A claim is a row of the table: what was promised, and what was measured of each.
 *
 * @typedef {{ fault: string, measured: string, pg: string, holdfast: string, ratio: string, promise: string, ok: boolean }} Claim
 * @typedef {{ case: string, ok: boolean, broken: string[], claims?: Claim[] }} CaseOutcome
 */

/** The compiler speaks on standard error, because standard output may have to be one JSON object. */
export function buildPackages() {
  const { status, error } = spawnSync(process.execPath, [COMPILER, '-b', ...PROJECTS], {
    cwd: ROOT,
    stdio: ['inherit', 2, 2],
  })
  if (error !== undefined) throw error
  return status ?? 1
}

/**
 * Runs one case in a process of its own. One that ends without an outcome is broken, and says so.
 *
 * @param {string} name
 * @param {import('./options.mjs').ChaosOptions} options
 * @returns {Promise<CaseOutcome>}
 */
export async function runCase(name, { seed, minutes, quick }) {
  const args = ['--json', '--seed', String(seed)]
  if (quick) args.push('--quick')
  if (minutes !== undefined && name === 'soak') args.push('--minutes', String(minutes))
  const child = spawn(process.execPath, ['--expose-gc', `${CASES}${name}.mjs`, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  /** @type {Buffer[]} */
  const parts = []
  child.stdout.on('data', part => parts.push(part))
  const [code] = await once(child, 'close')
  return outcomeOf(name, Buffer.concat(parts).toString(), code)
}

/** @param {string} name @param {string} output @param {number | null} code @returns {CaseOutcome} */
function outcomeOf(name, output, code) {
  try {
    const outcome = JSON.parse(output)
    const broken = outcome.broken.map((/** @type {string} */ what) => `${name}: ${what}`)
    // A case that says it failed has failed, whatever else it says.
    if (code !== 0 && broken.length === 0) broken.push(`${name}: ended with exit code ${code}`)
    return { case: name, ...outcome, ok: broken.length === 0, broken }
  } catch {
    return { case: name, ok: false, broken: [`${name}: ended with exit code ${code} and no outcome`] }
  }
}

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../run/repository.mjs'

const MODEL = join(ROOT, 'docs', 'design', 'coherence.pml')

/** Mebibytes that one search may take. */
const MEMORY = 4096

/** @typedef {{ violated: boolean, complete: boolean, states: number }} Search `complete`: it saw every state */

/**
 * Examines one variant. What should hold is searched depth first, for that takes the least memory; an error is
 * searched breadth first, so that the shortest run which shows it is found.
 *
 * @param {import('./model-variants.mjs').Variant} variant
 * @param {string} folder for Spin's files
 * @returns {Search}
 * @throws Error when a program is missing, or the model is wrong
 */
export function search({ tags, settings, expected }, folder) {
  const symbols = [`TAGS=${tags}`, ...settings].map(symbol => `-D${symbol}`)
  call('spin', [...symbols, '-a', MODEL], folder)
  const order = expected === 'holds' ? [] : ['-DBFS']
  call('gcc', ['-O2', '-w', '-DSAFETY', ...order, `-DMEMLIM=${MEMORY}`, '-o', 'pan', 'pan.c'], folder)
  const limits = tags === 1 ? ['-w20'] : ['-w25']
  return readSearch(call('./pan', expected === 'holds' ? ['-m200000', ...limits] : [], folder))
}

/**
 * @param {string} output of a search
 * @returns {Search}
 */
export function readSearch(output) {
  const errors = /errors: (\d+)/.exec(output)?.[1]
  const states = /(\S+) states, stored/.exec(output)?.[1]
  if (errors === undefined || states === undefined)
    throw new Error(`The search ended without a result:\n${output}`)
  return {
    violated: /assertion violated/.test(output),
    complete: errors === '0' && !/Search not completed|max search depth too small/.test(output),
    states: Number(states),
  }
}

/** @param {string} program @param {string[]} args @param {string} folder */
function call(program, args, folder) {
  const { error, status, stdout } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (/** @type {NodeJS.ErrnoException | undefined} */ (error)?.code === 'ENOENT') throw missing(program)
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} failed:\n${stdout.trim()}`)
  return stdout
}

/** @param {string} program */
function missing(program) {
  return new Error(
    `There is no ${program} on the PATH. The model checker needs Spin and a C compiler. ` +
      'Install them: apt-get install spin gcc on Debian and Ubuntu; elsewhere see https://spinroot.com.',
  )
}

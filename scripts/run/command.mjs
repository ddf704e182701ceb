import { spawn } from 'node:child_process'
import { ROOT } from './repository.mjs'
import { isTerminal } from './terminal.mjs'

/**
 * @typedef {{ code: number, output: string }} Finished the exit code, and what the command printed
 * @typedef {{ env?: Record<string, string | undefined>, live?: boolean }} CommandOptions `live`: its output is
 *   also shown while it runs
 */

/**
 * Runs a command in the repository and waits for its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<Finished>} also when the command fails
 */
export function run(program, args, { env = {}, live = false } = {}) {
  const colour = live && isTerminal ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...colour, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && program === 'npm',
  })
  let output = ''
  const collect = stream => chunk => {
    output += chunk
    if (live) stream.write(chunk)
  }
  child.stdout.setEncoding('utf8').on('data', collect(process.stdout))
  child.stderr.setEncoding('utf8').on('data', collect(process.stderr))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code: code ?? 1, output }))
  })
}

/**
 * Runs a JavaScript program with this Node.
 *
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<Finished>}
 */
export function runNode(args, options) {
  return run(process.execPath, args, options)
}

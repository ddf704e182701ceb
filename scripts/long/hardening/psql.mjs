import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { findProgram } from '@holdfast/testkit'
import pg from 'pg'
import { HARDENING_FILE } from '../../checks/hardening-file.mjs'
import { ROOT } from '../../run/repository.mjs'

/** The file for operators. */
export const FILE = join(ROOT, HARDENING_FILE)

/**
 * How a run of psql ended.
 *
 * @typedef {{ code: number | null, output: string }} PsqlResult
 */

/**
 * Starts psql with the file for operators.
 *
 * @param {string} url
 * @param {Record<string, string>} [variables] as `psql -v` takes them
 * @param {string} [file] instead of the one for operators
 * @returns {{ ended: Promise<PsqlResult>, kill(): Promise<void> }} `kill` ends psql and what it had begun at the server
 */
export function applyHardening(url, variables = {}, file = FILE) {
  const program = findProgram('psql')
  if (program === undefined)
    throw new Error('psql is not installed: apt-get install postgresql-client, or brew install libpq.')
  const name = `hardening-${Math.random().toString(36).slice(2)}`
  const args = Object.entries(variables).flatMap(([key, value]) => ['-v', `${key}=${value}`])
  const child = spawn(program, ['-X', ...args, '-f', file, url], {
    env: { ...process.env, PGAPPNAME: name },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (output += data))
  /** @type {Promise<PsqlResult>} */
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, output }))
  })
  return {
    ended,
    async kill() {
      child.kill('SIGKILL')
      await ended
      await endSessions(url, name)
    },
  }
}

/**
 * The server notices a lost client only when it answers it: this is what the end of its machine would come to.
 *
 * @param {string} url
 * @param {string} name
 */
async function endSessions(url, name) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    // Waits up to ten seconds for each to be gone.
    await client.query(
      'SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1',
      [name],
    )
  } finally {
    await client.end()
  }
}

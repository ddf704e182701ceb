import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '@holdfast/testkit'
import { describeSchema } from './fingerprint.mjs'
import { Load } from './load.mjs'
import { createOldDatabase, fillOldDatabase } from './old-database.mjs'
import { applyHardening } from './psql.mjs'

/** The longest that a statement of the load may take, in milliseconds. */
export const LIMIT_MS = 2_000

/**
 * @typedef {object} CheckOptions
 * @property {() => Promise<string>} database the URL of a fresh, empty database, at each call another one
 * @property {number} sessions
 * @property {number} kills how often the run is killed before it may end
 * @property {number} clients of the load
 * @property {number} seed
 * @property {number} pauseSeconds the average time from the start of a run to its kill
 * @property {(line: string) => void} tell
 */

/**
 * What came of it; `missing` and `extra` are lines of the schema.
 *
 * @typedef {object} CheckReport
 * @property {number} seconds
 * @property {number} kills
 * @property {import('./psql.mjs').PsqlResult} last
 * @property {import('./load.mjs').LoadReport} load
 * @property {string[]} missing
 * @property {string[]} extra
 */

/**
 * Hardens an old database of that size under load, killed again and again, and compares the schema with that of an
 * empty database of the same shape that was hardened in one go.
 *
 * @param {CheckOptions} options
 * @returns {Promise<CheckReport>}
 */
export async function checkHardening({ database, sessions, kills, clients, seed, pauseSeconds, tell }) {
  const expected = await undisturbed(await database())
  const url = await database()
  await createOldDatabase(url, 'old-integers')
  tell(`Filling a database of the old shape with ${sessions} sessions (seed ${seed})`)
  await fillOldDatabase(url, sessions)
  const load = new Load({ url, sessions, clients, seed, limitMs: LIMIT_MS })
  const begin = performance.now()
  try {
    const killed = await killAgainAndAgain({ url, kills, seed, pauseSeconds, tell })
    const last = await applyHardening(url, { quarantine: 'on' }).ended
    const seconds = Math.round((performance.now() - begin) / 100) / 10
    const report = await load.stop()
    return { seconds, kills: killed, last, load: report, ...difference(expected, await describeSchema(url)) }
  } finally {
    await load.stop()
  }
}

/** @param {string} url */
async function undisturbed(url) {
  await createOldDatabase(url, 'old-integers')
  const { code, output } = await applyHardening(url, { quarantine: 'on' }).ended
  if (code !== 0) throw new Error(`The file failed on a small database:\n${output}`)
  return describeSchema(url)
}

/**
 * @param {{ url: string, kills: number, seed: number, pauseSeconds: number, tell: (line: string) => void }} options
 * @returns {Promise<number>} how often it was killed before it was done
 */
async function killAgainAndAgain({ url, kills, seed, pauseSeconds, tell }) {
  const random = seededRandom(seed)
  for (let kill = 0; kill < kills; kill++) {
    const run = applyHardening(url, { quarantine: 'on' })
    const seconds = random.next() * 2 * pauseSeconds
    const first = await Promise.race([run.ended, sleep(seconds * 1_000)])
    await run.kill()
    if (first !== undefined) {
      tell(`Run ${kill + 1} ended by itself with code ${first.code}`)
      if (first.code !== 0) throw new Error(first.output)
    } else tell(`Run ${kill + 1} was killed after ${seconds.toFixed(1)} s`)
  }
  return kills
}

/** @param {string[]} expected @param {string[]} found */
function difference(expected, found) {
  return {
    missing: expected.filter(line => !found.includes(line)),
    extra: found.filter(line => !expected.includes(line)),
  }
}

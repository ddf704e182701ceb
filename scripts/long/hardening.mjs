import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startPostgres } from '@holdfast/testkit'
import { checkHardening, LIMIT_MS } from './hardening/check.mjs'

/**
 * `npm run check:hardening [-- --sessions N --kills N --clients N --seed S --pause SECONDS --json]`: applies the file for
 * operators by psql to a database of the old platform with 5 million sessions (default) under a load of reads and
 * writes, kills it at 20 random points, and looks whether the load noticed and the schema came out the same. The exit
 * code is 1 when a promise was broken.
 */

const DEFAULTS = {
  sessions: '5000000',
  kills: '20',
  clients: '4',
  seed: String(randomInt(0x7fffffff)),
  pause: '',
}
const EXPECTED = 'Expected only: --sessions N, --kills N, --clients N, --seed S, --pause SECONDS, --json.'

const given = readArguments()
if (given !== undefined) await run(given)

function readArguments() {
  try {
    const string = /** @type {const} */ ({ type: 'string' })
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean' },
        sessions: string,
        kills: string,
        clients: string,
        seed: string,
        pause: string,
      },
    })
    const texts = { ...DEFAULTS, ...values }
    const [sessions, kills, clients, seed] = [texts.sessions, texts.kills, texts.clients, texts.seed].map(
      wholeNumber,
    )
    // As long as the whole takes, about: so the kills are spread over all of it.
    const pauseSeconds = texts.pause === '' ? 1 + Number(sessions) / 500_000 : Number(texts.pause)
    if (!(pauseSeconds >= 0)) throw new Error('--pause takes seconds.')
    return { json: values.json === true, sessions, kills, clients, seed, pauseSeconds }
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n${EXPECTED}`)
    process.exitCode = 2
    return undefined
  }
}

/** @param {string} text */
function wholeNumber(text) {
  const number = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 0)
    throw new Error(`"${text}" is no whole number from 0.`)
  return number
}

/** @param {NonNullable<ReturnType<typeof readArguments>>} options */
async function run({ json, ...options }) {
  const server = await startPostgres({
    settings: { max_wal_size: '8GB', shared_buffers: '512MB', log_lock_waits: 'on', log_line_prefix: '%a|' },
  })
  try {
    const report = await checkHardening({
      ...options,
      database: async () => (await server.createDatabase()).url,
      tell: line => json || console.log(line),
    })
    print({ json, ...options, longestLockWaitMs: longestLockWait(server.logFile) }, report)
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

/**
 * The longest that a statement of the load waited for a lock, as the server logged it; it says nothing of waits under
 * a second. What took longer without one waited for the machine.
 *
 * @param {string} logFile
 */
function longestLockWait(logFile) {
  const waits = readFileSync(logFile, 'utf8').matchAll(
    /^load\|.* process \d+ acquired .* after ([\d.]+) ms/gm,
  )
  return Math.round(Math.max(0, ...Array.from(waits, match => Number(match[1]))))
}

/**
 * @param {{ json: boolean, sessions: number, seed: number, longestLockWaitMs: number }} options
 * @param {import('./hardening/check.mjs').CheckReport} report
 */
function print({ json, sessions, seed, longestLockWaitMs }, { last, load, ...report }) {
  const failures = load.failures.length
  const promises = {
    'the last run succeeded': last.code === 0,
    [`no statement of the load took longer than ${LIMIT_MS} ms`]: load.over === 0,
    'no statement of the load failed': failures === 0,
    'the schema is that of a run without kills': report.missing.length + report.extra.length === 0,
  }
  const broken = Object.entries(promises)
    .filter(([, kept]) => !kept)
    .map(([promise]) => promise)
  const numbers = {
    sessions,
    seed,
    seconds: report.seconds,
    kills: report.kills,
    statements: load.statements,
    slowestMs: Math.round(load.slowest),
    slowestStatement: load.slowestText,
    overLimit: load.over,
    longestLockWaitMs,
    failures,
  }
  if (json) console.log(JSON.stringify({ ...numbers, missing: report.missing, extra: report.extra, broken }))
  else {
    console.table(numbers)
    for (const [promise, kept] of Object.entries(promises))
      console.log(`${kept ? 'kept  ' : 'BROKEN'} ${promise}`)
    for (const line of [...new Set(load.failures)].slice(0, 5)) console.log(line)
    for (const line of report.missing) console.log(`missing: ${line}`)
    for (const line of report.extra) console.log(`extra: ${line}`)
    if (last.code !== 0) console.log(last.output)
  }
  process.exitCode = broken.length > 0 ? 1 : 0
}

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { installedPostgres, startPostgres, temporaryDatabase } from '@holdfast/testkit'
import { searchViolation } from '@holdfast/testkit/oracle'
import { Pool } from 'holdfast'

/**
 * `npm run check:oracle -- [--minutes N] [--seed S] [--json]`: makes up databases, queries and writes for as long as
 * it is told (default: an hour), and looks for a query whose kept result is not what the database says. The first
 * seed is printed; each minute has a seed of its own. The exit code is 1 when a violation was found: it is shrunk and
 * printed as SQL for psql.
 *
 * @typedef {import('@holdfast/testkit/oracle').Tally} Tally
 * @typedef {import('@holdfast/testkit/oracle').SearchResult} SearchResult
 */

/** How long one seed is searched. Shrinking what was found takes longer. */
const SEARCH_MS = 60_000
const DEFAULT_MINUTES = 60

const given = readArguments()
if (given !== undefined) await search(given)

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean' },
        minutes: { type: 'string' },
        seed: { type: 'string' },
      },
    })
    const minutes = Number(values.minutes ?? DEFAULT_MINUTES)
    const seed = Number(values.seed ?? randomInt(0x7fffffff))
    if (!(minutes > 0 && Number.isSafeInteger(seed))) throw new Error('--minutes and --seed take numbers.')
    return { json: values.json === true, minutes, seed }
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\nExpected only: --minutes N, --seed S, --json.`)
    process.exitCode = 2
    return undefined
  }
}

/** @param {{ json: boolean, minutes: number, seed: number }} options */
async function search(options) {
  const { url } = await temporaryDatabase()
  const [binaries] = installedPostgres()
  const own = binaries === undefined ? undefined : await startPostgres({ binaries })
  try {
    report(options, await searchAll(options, own === undefined ? [url] : [url, own.url]))
  } finally {
    await own?.[Symbol.asyncDispose]()
  }
}

/**
 * One seed after the other. The servers, the embedded one and this machine's own if it has one, take turns.
 *
 * @param {{ json: boolean, minutes: number, seed: number }} options
 * @param {readonly string[]} urls
 */
async function searchAll({ json, minutes, seed: first }, urls) {
  const end = performance.now() + minutes * 60_000
  /** @type {Record<string, number>} */
  const total = {}
  for (let seed = first; performance.now() < end; seed++) {
    const url = /** @type {string} */ (urls[(seed - first) % urls.length])
    const { tally, violation } = await searchSeed({ url, seed, end, json })
    add(total, tally)
    if (!json) console.log(`seed ${seed}: ${sentence(total)}`)
    if (violation !== undefined) return { total, violation }
  }
  return { total, violation: undefined }
}

/**
 * @param {{ json: boolean, seed: number }} options
 * @param {{ total: Record<string, number>, violation: SearchResult['violation'] }} result
 */
function report({ json, seed }, { total, violation }) {
  const ok = violation === undefined
  if (json) console.log(JSON.stringify({ check: 'oracle', ok, seed, ...total, sql: violation?.sql }))
  else
    console.log(ok ? 'oracle: no violation was found' : `\n${violation.sql}\n\noracle: the cache was wrong`)
  process.exitCode = ok ? 0 : 1
}

/** @param {{ url: string, seed: number, end: number, json: boolean }} options */
async function searchSeed({ url, seed, end, json }) {
  const stop = Math.min(performance.now() + SEARCH_MS, end)
  let last = 0
  return searchViolation({
    url,
    seed,
    makePool,
    millis: stop - performance.now(),
    onCase: tally => {
      if (json || !process.stdout.isTTY || performance.now() < last + 1_000) return
      last = performance.now()
      process.stdout.write(`seed ${seed}: ${sentence({ ...tally })}\r`)
    },
  })
}

/** @param {string} url @param {Readonly<Record<string, readonly string[]>>} tables */
function makePool(url, tables) {
  const cached = Object.fromEntries(Object.entries(tables).map(([name, keys]) => [name, { ttl: '1h', keys }]))
  return /** @type {any} */ (new Pool({ connectionString: url, max: 2, cache: { tables: cached } }))
}

/** @param {Record<string, number>} total @param {Readonly<Tally>} tally */
function add(total, tally) {
  for (const [name, count] of Object.entries(tally)) total[name] = (total[name] ?? 0) + count
}

/** @param {Record<string, number>} tally */
function sentence({ cases, pairs, affected, unaffected = 0, kept = 0 }) {
  const share = Math.round((100 * kept) / Math.max(1, unaffected))
  return `${cases} databases, ${pairs} pairs, ${affected} results changed, ${share} % of the others stayed`
}

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { seededRandom, temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { metricCounts } from './metric-counts.mjs'

/**
 * `npm run check:counts -- [--calls N] [--seed S] [--json]`: makes a known mix of calls, many at once (default: 100,000),
 * and compares what `pool.stats()`, `pool.metrics()` and `pool.statements()` say with what was done. The exit code is 1 when one number
 * differs.
 *
 * @typedef {{ calls: number, errors: number, rows: number }} Counts
 * @typedef {{ text: string, counts: Counts, category?: string, run: (pool: Pool, n: number) => Promise<unknown> }} Kind
 */

const CONCURRENCY = 64
/** On a machine that is busy with other things nobody is turned away: what is called is known beforehand. */
const PATIENT = { overload: /** @type {false} */ (false), connectionTimeoutMillis: 0, query_timeout: 0 }
const once = (rows = 1) => ({ calls: 1, errors: 0, rows })
const failure = { calls: 1, errors: 1, rows: 0 }

/** What may be called, what `pool.statements()` calls it, and what it counts as. @type {readonly Kind[]} */
const KINDS = [
  {
    text: 'SELECT * FROM generate_series(?, $1)',
    counts: once(3),
    run: pool => pool.query('SELECT * FROM generate_series(1, $1)', [3]),
  },
  {
    text: 'SELECT n FROM kept WHERE id = $1',
    counts: once(),
    run: (pool, n) => pool.query('SELECT n FROM kept WHERE id = $1', [n % 8]),
  },
  {
    text: 'INSERT INTO written VALUES (?)',
    counts: once(),
    run: (pool, n) => pool.query(`INSERT INTO written VALUES (${n})`),
  },
  {
    text: 'SELECT ? / $1::int',
    counts: failure,
    category: 'invalid-input',
    run: pool => pool.query('SELECT 1 / $1::int', [0]),
  },
  {
    text: 'INSERT INTO kept VALUES ($1)',
    counts: failure,
    category: 'duplicate',
    run: pool => pool.query('INSERT INTO kept VALUES ($1)', [1]),
  },
  {
    text: 'SELECT * FROM missing',
    counts: failure,
    category: 'undefined-object',
    run: pool => pool.query('SELECT * FROM missing'),
  },
  {
    text: 'SELECT ? AS borrowed FROM generate_series(?, ?)',
    counts: once(2),
    run: async pool => {
      const client = await pool.connect()
      await client.query('SELECT 1 AS borrowed FROM generate_series(1, 2)').finally(() => client.release())
    },
  },
  {
    text: 'SELECT $1::int AS inside',
    counts: once(),
    run: (pool, n) => pool.transaction(tx => tx.query('SELECT $1::int AS inside', [n])),
  },
]
const TRANSACTION = /** @type {Kind} */ (KINDS.at(-1))

const given = readArguments()
if (given !== undefined) await check(given)

function readArguments() {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean' }, calls: { type: 'string' }, seed: { type: 'string' } },
    })
    const calls = Number(values.calls ?? 100_000)
    const seed = Number(values.seed ?? randomInt(0x7fffffff))
    if (!(Number.isSafeInteger(calls) && calls > 0 && Number.isSafeInteger(seed)))
      throw new Error('--calls and --seed take whole numbers.')
    return { json: values.json === true, calls, seed }
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\nExpected only: --calls N, --seed S, --json.`)
    process.exitCode = 2
    return undefined
  }
}

/** @param {{ json: boolean, calls: number, seed: number }} options */
async function check({ json, calls, seed }) {
  const { url } = await temporaryDatabase()
  const setUp = new Pool({ connectionString: url })
  await setUp.query('CREATE TABLE kept (id int PRIMARY KEY, n int); CREATE TABLE written (n int)')
  await setUp.query('INSERT INTO kept SELECT i, i FROM generate_series(0, 7) AS i')
  await setUp.end()
  const pool = new Pool({ connectionString: url, max: 8, cache: { tables: { kept: '10m' } }, ...PATIENT })
  const made = await makeCalls(pool, calls, seed)
  const wrong = [
    ...wrongTotals(pool.stats().queries, made),
    ...wrongMetrics(metricCounts(pool.metrics()), pool.stats().queries),
    ...wrongStatements(await pool.statements(), made),
  ]
  await pool.end()
  const outcome = { check: 'counts', ok: wrong.length === 0, wrong, seed, calls }
  const verdict = outcome.ok ? 'Every count is exact.' : `Wrong:\n${wrong.join('\n')}`
  console.log(json ? JSON.stringify(outcome) : `${calls} calls, seed ${seed}. ${verdict}`)
  process.exitCode = outcome.ok ? 0 : 1
}

/**
 * @param {Pool} pool
 * @param {number} calls
 * @param {number} seed
 * @returns {Promise<Map<Kind, number>>} how often each kind was called
 */
async function makeCalls(pool, calls, seed) {
  const random = seededRandom(seed)
  const made = new Map(KINDS.map(kind => [kind, 0]))
  let begun = 0
  const worker = async () => {
    while (begun < calls) {
      const n = begun++
      const kind = random.pick(KINDS)
      made.set(kind, (made.get(kind) ?? 0) + 1)
      const error = await kind.run(pool, n).then(
        () => undefined,
        reason => reason,
      )
      if ((error !== undefined) !== kind.counts.errors > 0)
        throw error ?? new Error(`${kind.text} did not fail`)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return made
}

/**
 * @param {import('holdfast').QueryCounts} told
 * @param {Map<Kind, number>} made
 */
function wrongTotals(told, made) {
  const sum = { calls: 2 * (made.get(TRANSACTION) ?? 0), errors: 0, rows: 0 }
  /** @type {Record<string, number>} */
  const categories = {}
  for (const [{ counts, category }, times] of made) {
    sum.calls += counts.calls * times
    sum.errors += counts.errors * times
    sum.rows += counts.rows * times
    if (category !== undefined && times > 0) categories[category] = times
  }
  return [
    ...differences('all queries', told, sum),
    ...differences('errors by category', told.errorsByCategory, categories),
  ]
}

/**
 * Prometheus is told the same as who asks.
 *
 * @param {{ calls: number, errors: number }} told
 * @param {{ calls: number, errors: number }} asked
 */
function wrongMetrics(told, { calls, errors }) {
  return differences('the metrics', told, { calls, errors })
}

/**
 * @param {readonly import('holdfast').StatementStats[]} told
 * @param {Map<Kind, number>} made
 */
function wrongStatements(told, made) {
  const transactions = made.get(TRANSACTION) ?? 0
  const expected = [
    ...[...made].map(([{ text, counts }, times]) => ({ text, counts, times })),
    ...['BEGIN', 'COMMIT'].map(text => ({
      text,
      counts: { calls: 1, errors: 0, rows: 0 },
      times: transactions,
    })),
  ]
  return expected.flatMap(({ text, counts, times }) => {
    const found = told.find(statement => statement.text === text) ?? { calls: 0, errors: 0, rows: 0 }
    const { calls, errors, rows } = counts
    return differences(text, found, { calls: calls * times, errors: errors * times, rows: rows * times })
  })
}

/**
 * @param {string} what
 * @param {object} told
 * @param {Readonly<Record<string, number>>} expected
 */
function differences(what, told, expected) {
  return Object.entries(expected)
    .filter(([name, count]) => /** @type {Record<string, unknown>} */ (told)[name] !== count)
    .map(([name, count]) => `${what}: ${name} is ${count}, told ${JSON.stringify(told)}`)
}

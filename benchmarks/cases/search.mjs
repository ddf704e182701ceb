/**
 * `searchCreators` over 100,000 creators, and the old `LOWER(bio) LIKE '%term%'` beside it, term by term.
 *
 * Promises: p99 of all terms is under 20 ms; a creator whose bio has the word as typed is found. A term's time is the
 * fastest of three: what the search costs, and not what the neighbours of a busy machine cost. Beside it stand p99 of all
 * runs and, on Linux, p99 of the processor time that the server spent.
 */
import { loadavg } from 'node:os'
import { startPostgres } from '@holdfast/testkit'
import { median, percentile } from '../measure/statistics.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'
import { makeCreators, makeTerms } from '../search/bios.mjs'
import { fillDatabase, searchAsBefore } from '../search/database.mjs'
import { processorMillis } from '../search/processor-time.mjs'
import { table } from '../table.mjs'

/** @typedef {{ millis: number[], processor: number[] }} Runs milliseconds of each, by the clock and of the server's processor */
/** @typedef {{ kind: string, term: string, ours: Runs, theirs: Runs, lost: boolean }} Sample */

const PROMISE = { p99Millis: 20 }
const SEED = 1
const SEARCHES_PER_ROUND = 60
const WARM_UP = 60
const RUNS = 3

const options = readOptions(process.argv.slice(2), { rounds: 7, quickRounds: 3 })
const creators = makeCreators(options.quick ? 5_000 : 100_000, SEED)
const { samples, fillSeconds } = await measure()
const all = summary('all', samples)
const kinds = [...new Set(samples.map(({ kind }) => kind))].map(kind =>
  summary(
    kind,
    samples.filter(sample => sample.kind === kind),
  ),
)
const lost = samples.filter(sample => sample.lost).length
const slowest = samples
  .map(({ term, ours }) => ({ term, millis: Math.min(...ours.millis) }))
  .sort((one, other) => other.millis - one.millis)
  .slice(0, 5)
const broken = [
  ...(all.p99 < PROMISE.p99Millis ? [] : [`p99 is ${all.p99.toFixed(1)} ms`]),
  ...(lost === 0 ? [] : [`${lost} searches did not find what the old one found`]),
]
const outcome = {
  benchmark: 'search',
  ok: broken.length === 0,
  broken,
  promise: PROMISE,
  machine: { ...describeMachine(), load: loadavg()[0] },
  rounds: options.rounds,
  creators: creators.length,
  fillSeconds,
  all,
  kinds,
  slowest,
}
publish(outcome, { options, text: asText() })

async function measure() {
  const server = await startPostgres()
  try {
    const { digis, seconds } = await fillDatabase(server.url, creators)
    try {
      return { samples: await searchAll(digis), fillSeconds: seconds }
    } finally {
      await digis.end()
    }
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

/** @param {import('@holdfast/digis').Digis} digis */
async function searchAll(digis) {
  const next = makeTerms(creators, SEED)
  const { rows } = await digis.query('SELECT pg_backend_pid() AS pid')
  const where = { digis, pid: rows[0].pid }
  for (let count = 0; count < WARM_UP; count += 1) await searchBoth(where, next())
  const taken = []
  while (taken.length < options.rounds * SEARCHES_PER_ROUND) taken.push(await searchBoth(where, next()))
  return taken
}

/**
 * Both searches for one term, in an order drawn anew each time.
 *
 * @param {{ digis: import('@holdfast/digis').Digis, pid: number }} where
 * @param {{ kind: string, term: string }} search
 * @returns {Promise<Sample>}
 */
async function searchBoth({ digis, pid }, { kind, term }) {
  const ours = { ...noRuns(), search: () => digis.searchCreators(term) }
  const theirs = { ...noRuns(), search: () => searchAsBefore(digis, term) }
  for (let run = 0; run < RUNS; run += 1) {
    for (const each of Math.random() < 0.5 ? [ours, theirs] : [theirs, ours]) {
      const { millis, processor, rows } = await timed(each.search, pid)
      each.millis.push(millis)
      each.processor.push(processor)
      each.rows = rows
    }
  }
  return { kind, term, ours, theirs, lost: kind === 'a word' && ours.rows < theirs.rows }
}

function noRuns() {
  return { millis: /** @type {number[]} */ ([]), processor: /** @type {number[]} */ ([]), rows: 0 }
}

/** @param {() => Promise<{ rows: unknown[] }>} search @param {number} pid of the server's process */
async function timed(search, pid) {
  const before = await processorMillis(pid)
  const start = performance.now()
  const { rows } = await search()
  const millis = performance.now() - start
  return { millis, processor: (await processorMillis(pid)) - before, rows: rows.length }
}

/** @param {string} kind @param {Sample[]} taken */
function summary(kind, taken) {
  const [ours, old] = [times(taken.map(sample => sample.ours)), times(taken.map(sample => sample.theirs))]
  return { kind, terms: taken.length, ...ours, old, ratio: old.p99 / ours.p99 }
}

/** @param {Runs[]} terms */
function times(terms) {
  const fastest = terms.map(({ millis }) => Math.min(...millis))
  const processor = terms.map(runs => Math.min(...runs.processor))
  return {
    p50: median(fastest),
    p99: percentile(fastest, 0.99),
    p99OfRuns: percentile(
      terms.flatMap(({ millis }) => millis),
      0.99,
    ),
    processor: { p50: median(processor), p99: percentile(processor, 0.99) },
  }
}

function asText() {
  const rows = [all, ...kinds].flatMap(({ kind, terms, ratio, old, ...ours }) => [
    { searched: kind, terms, by: 'ours', ...columns(ours), 'p99 old ÷ ours': ratio.toFixed(1) },
    { searched: '', terms: '', by: 'old', ...columns(old), 'p99 old ÷ ours': '' },
  ])
  const { cores, load = 0 } = outcome.machine
  return [
    `${creators.length} creators, documents and indexes made in ${fillSeconds.toFixed(0)} s; ${cores} cores, load ${load.toFixed(1)}`,
    '',
    table(rows),
    '',
    `The slowest: ${slowest.map(({ term, millis }) => `${term} ${millis.toFixed(1)} ms`).join(', ')}`,
  ].join('\n')
}

/** @param {ReturnType<typeof times>} of */
function columns({ p50, p99, p99OfRuns, processor }) {
  return {
    'p50 ms': p50.toFixed(1),
    'p99 ms': p99.toFixed(1),
    'p99 of runs': p99OfRuns.toFixed(1),
    'processor p50': processor.p50.toFixed(1),
    'processor p99': processor.p99.toFixed(1),
  }
}

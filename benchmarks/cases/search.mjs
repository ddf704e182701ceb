/**
 * `searchCreators` over 100,000 creators, and the old `LOWER(bio) LIKE '%term%'` beside it, term by term.
 *
 * Promises: p99 of all terms is under 20 ms; a creator whose bio has the word as typed is found. A term's time is the
 * fastest of three: what the search costs, and not what the neighbours of a busy machine cost. p99 of all runs is
 * printed beside it.
 */
import { loadavg } from 'node:os'
import { startPostgres } from '@holdfast/testkit'
import { median, percentile } from '../measure/statistics.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'
import { makeCreators, makeTerms } from '../search/bios.mjs'
import { fillDatabase, searchAsBefore } from '../search/database.mjs'
import { table } from '../table.mjs'

/** @typedef {{ kind: string, term: string, ours: number[], theirs: number[], lost: boolean }} Sample milliseconds of each run */

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
  .map(({ term, ours }) => ({ term, millis: Math.min(...ours) }))
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
  for (let count = 0; count < WARM_UP; count += 1) await searchBoth(digis, next())
  const taken = []
  while (taken.length < options.rounds * SEARCHES_PER_ROUND) taken.push(await searchBoth(digis, next()))
  return taken
}

/**
 * Both searches for one term, in an order drawn anew each time.
 *
 * @param {import('@holdfast/digis').Digis} digis
 * @param {{ kind: string, term: string }} search
 * @returns {Promise<Sample>}
 */
async function searchBoth(digis, { kind, term }) {
  const ours = { millis: /** @type {number[]} */ ([]), rows: 0, search: () => digis.searchCreators(term) }
  const theirs = { millis: /** @type {number[]} */ ([]), rows: 0, search: () => searchAsBefore(digis, term) }
  for (let run = 0; run < RUNS; run += 1) {
    for (const each of Math.random() < 0.5 ? [ours, theirs] : [theirs, ours]) {
      const { millis, rows } = await timed(each.search)
      each.millis.push(millis)
      each.rows = rows
    }
  }
  const lost = kind === 'a word' && ours.rows < theirs.rows
  return { kind, term, ours: ours.millis, theirs: theirs.millis, lost }
}

/** @param {() => Promise<{ rows: unknown[] }>} search */
async function timed(search) {
  const start = performance.now()
  const { rows } = await search()
  return { millis: performance.now() - start, rows: rows.length }
}

/** @param {string} kind @param {Sample[]} taken */
function summary(kind, taken) {
  const [ours, old] = [times(taken.map(sample => sample.ours)), times(taken.map(sample => sample.theirs))]
  return { kind, terms: taken.length, ...ours, old, ratio: old.p99 / ours.p99 }
}

/** @param {number[][]} runs of each term */
function times(runs) {
  const fastest = runs.map(millis => Math.min(...millis))
  return { p50: median(fastest), p99: percentile(fastest, 0.99), p99OfRuns: percentile(runs.flat(), 0.99) }
}

function asText() {
  const rows = [all, ...kinds].map(({ kind, terms, p50, p99, p99OfRuns, old, ratio }) => ({
    searched: kind,
    terms,
    'p50 ms': p50.toFixed(1),
    'p99 ms': p99.toFixed(1),
    'p99 of runs': p99OfRuns.toFixed(1),
    'old p50 ms': old.p50.toFixed(1),
    'old p99 ms': old.p99.toFixed(1),
    'old p99 of runs': old.p99OfRuns.toFixed(1),
    'p99 old ÷ ours': ratio.toFixed(1),
  }))
  const { cores, load = 0 } = outcome.machine
  return [
    `${creators.length} creators, documents and indexes made in ${fillSeconds.toFixed(0)} s; ${cores} cores, load ${load.toFixed(1)}`,
    '',
    table(rows),
    '',
    `The slowest: ${slowest.map(({ term, millis }) => `${term} ${millis.toFixed(1)} ms`).join(', ')}`,
  ].join('\n')
}

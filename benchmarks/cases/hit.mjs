/**
 * A hit in memory: what does it cost to hand every caller a result of their own, with dates and JSON in it?
 *
 * Promise: at least 2.5 × the hits per second of `structuredClone`, the usual way to give each caller their own dates.
 * Besides: JSON text parsed on each hit, which loses the dates; one mutable object for all; each part of a hit alone.
 */
import { median, pairedRatio } from '../measure/statistics.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'

/** Parts of the package that it does not offer to applications. */
const DIST = new URL('.', import.meta.resolve('holdfast'))
const { attachCacheInfo } = await import(`${DIST}cache/cache-info.js`)
const { entryBytes } = await import(`${DIST}cache/entry-size.js`)
const { prepare } = await import(`${DIST}cache/materializer.js`)
const { MemoryStore } = await import(`${DIST}cache/memory-store.js`)

const PROMISE = { hits: 2.5 }
const KEYS = 1_000
/** Garbage is not collected before: that would shrink the space for new objects, which a server in use has grown. */
const HITS_PER_SLICE = 20_000
const WARM_UP_SLICES = 5
/** So few that hardly anything else runs in between. */
const CALLS_PER_SLICE = 3_000

/** The type, by its number in the catalog, and the text of each column of the row. */
const ROW = /** @type {[number, string][]} */ ([
  [23, '42'],
  [20, '9007199254740993'],
  ...Array.from({ length: 8 }, (_, index) => [25, `some text of a column, number ${index}`]),
  [2950, '123e4567-e89b-12d3-a456-426614174000'],
  [2950, '123e4567-e89b-12d3-a456-426614174001'],
  [1184, '2026-01-02 03:04:05.678+00'],
  [1184, '2026-02-03 04:05:06.789+00'],
  [1184, '2026-03-04 05:06:07.891+00'],
  [16, 't'],
  [1700, '12.50'],
  [3802, '{"theme": "dark", "columns": 3}'],
  [701, '1.5'],
  [1043, 'short'],
])

/** Kept, so that no part is optimised away. @type {unknown} */
export let kept

const options = readOptions(process.argv.slice(2), { rounds: 11 })
const raw = rawResult()
const contenders = whole()
const rounds = await measureHits()
const parts = measureParts()
const hits = compare()
const broken = hits.ratio < PROMISE.hits ? [`${hits.ratio.toFixed(2)} × the hits of structuredClone`] : []
const outcome = {
  benchmark: 'hit',
  ok: broken.length === 0,
  broken,
  promise: PROMISE,
  machine: describeMachine(),
  rounds: options.rounds,
  hits,
  parts,
}
publish(outcome, { options, text: asText() })

/** One row of twenty columns. */
function rawResult() {
  const fields = ROW.map(([dataTypeID], index) => ({
    name: `column_${index}`,
    tableID: 16_384,
    columnID: index + 1,
    dataTypeID,
    dataTypeSize: 8,
    dataTypeModifier: -1,
    format: 'text',
  }))
  return { command: 'SELECT', rowCount: 1, fields, rows: [ROW.map(([, text]) => text)] }
}

/** What is compared: each looks the key up and settles a promise. */
function whole() {
  const store = filledStore()
  const json = new Map(keys().map(key => [key, JSON.stringify(prepare(raw)().rows)]))
  const shared = new Map(keys().map(key => [key, prepare(raw)()]))
  return {
    /** @param {string} key */
    ours: async key => hit(store, key),
    /** @param {string} key */
    json: async key => JSON.parse(json.get(key) ?? ''),
    /** @param {string} key */
    clone: async key => structuredClone(shared.get(key)?.rows),
    /** @param {string} key */
    shared: async key => shared.get(key),
  }
}

function filledStore() {
  const store = new MemoryStore({ maxBytes: 2 ** 30 })
  for (const key of keys()) {
    store.set(key, prepare(raw), { bytes: entryBytes(key, raw), expiresAt: Number.POSITIVE_INFINITY, now: 0 })
  }
  return store
}

/** @param {ReturnType<typeof filledStore>} store @param {string} key */
function hit(store, key) {
  const materialize = store.get(key, 0)
  if (materialize === undefined) throw new Error('expected a hit')
  return attachCacheInfo(materialize(), { status: 'hit', tier: 'memory', age: 5, reason: undefined })
}

function keys() {
  return Array.from({ length: KEYS }, (_, index) => `the key of a query with parameter ${index}`)
}

async function measureHits() {
  const all = keys()
  for (let slice = 0; slice < WARM_UP_SLICES; slice++) {
    for (const task of Object.values(contenders)) await perSecond(task, all)
  }
  const measured = []
  while (measured.length < options.rounds) {
    measured.push({
      ours: await perSecond(contenders.ours, all),
      clone: await perSecond(contenders.clone, all),
      json: await perSecond(contenders.json, all),
      shared: await perSecond(contenders.shared, all),
    })
  }
  return measured
}

/** @param {(key: string) => Promise<unknown>} task @param {string[]} all */
async function perSecond(task, all) {
  const start = performance.now()
  for (let done = 0; done < HITS_PER_SLICE; done++) await task(all[done % KEYS] ?? '')
  return (HITS_PER_SLICE / (performance.now() - start)) * 1_000
}

function compare() {
  const pairs = rounds.map(({ ours, clone }) => ({ ours, theirs: clone }))
  const of = (/** @type {'ours' | 'clone' | 'json' | 'shared'} */ name) => rounds.map(round => round[name])
  const best = Math.max(...of('ours'))
  return {
    ...pairedRatio(pairs),
    best,
    ours: median(of('ours')),
    clone: median(of('clone')),
    json: median(of('json')),
    shared: median(of('shared')),
  }
}

/** Nanoseconds of each part alone, the best of all slices: what disturbs only adds. */
function measureParts() {
  const store = filledStore()
  const materialize = prepare(raw)
  const info = /** @type {const} */ ({ status: 'hit', tier: 'memory', age: 5, reason: undefined })
  return {
    'look up': nanoseconds(() => store.get('the key of a query with parameter 7', 0)),
    materialize: nanoseconds(materialize),
    'materialize and attach result.cache': nanoseconds(() => attachCacheInfo(materialize(), { ...info })),
  }
}

/** @param {() => unknown} task */
function nanoseconds(task) {
  let best = Number.POSITIVE_INFINITY
  for (let slice = 0; slice < 20 * options.rounds; slice++) {
    const start = performance.now()
    for (let done = 0; done < CALLS_PER_SLICE; done++) kept = task()
    best = Math.min(best, ((performance.now() - start) * 1e6) / CALLS_PER_SLICE)
  }
  return best
}

function asText() {
  const { node, cores, processor } = outcome.machine
  const each = Object.entries(parts).map(([name, value]) => `  ${value.toFixed(0).padStart(6)} ns  ${name}`)
  const thousands = (/** @type {number} */ value) => Math.round(value).toLocaleString('en').padStart(10)
  return [
    `Hits in memory of one row with ${ROW.length} columns, one after the other, medians of ${options.rounds} rounds (${node}, ${cores} × ${processor})`,
    `${thousands(hits.ours)} hits/s  ours: parsed types, nothing shared (best ${thousands(hits.best).trim()})`,
    `${thousands(hits.clone)} hits/s  structuredClone of the rows`,
    `${thousands(hits.json)} hits/s  JSON text parsed on each hit: dates are text`,
    `${thousands(hits.shared)} hits/s  the same mutable object for all`,
    `ratio to structuredClone ${hits.ratio.toFixed(2)} (${hits.spread.map(value => value.toFixed(2)).join('–')})`,
    '',
    'Parts, best slices',
    ...each,
  ].join('\n')
}

import { byId, element, setText } from './element.js'
import { bytes, count, millis, percent, rate, splitMillis } from './format.js'

/** The overall state in words, and its sign: a shape of its own for each. */
const STATES = {
  green: { word: 'All well', sign: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8 12.5l2.8 2.8L16.2 9.6' },
  degraded: { word: 'Degraded', sign: 'M12 4 2.8 20h18.4zM12 10.5v4M12 17.2v.1' },
  red: { word: 'Outage', sign: 'M8.2 3h7.6L21 8.2v7.6L15.8 21H8.2L3 15.8V8.2zM12 7.5v5.5M12 16.4v.1' },
  unknown: { word: 'No news', sign: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 8v4.5l3 2' },
}

/** How a process says what it is. */
export const TONES = { green: 'well', degraded: 'degraded', red: 'outage' }

/**
 * Shows the state of all and why. Screen readers are told when it changes, and only then.
 *
 * @param {'green' | 'degraded' | 'red' | 'unknown'} state
 * @param {object[]} processes
 */
export function showState(state, processes) {
  const { word, sign } = STATES[state]
  byId('state').dataset.state = state
  byId('state-sign').setAttribute('d', sign)
  setText(byId('state-word'), word)
  document.title = `${word} · Holdfast`
  const reasons = reasonsOf(state, processes)
  const list = byId('state-reasons')
  if (list.textContent !== reasons.join(''))
    list.replaceChildren(...reasons.map(text => element('li', {}, text)))
}

/**
 * Why the state is what it is, in at most five sentences.
 *
 * @param {string} state
 * @param {object[]} processes
 */
function reasonsOf(state, processes) {
  if (state === 'unknown') return ['The service has not been heard for some seconds. What you see is old.']
  const several = processes.length > 1
  const reasons = processes.flatMap(({ host, pid, reasons: own }) =>
    own.map(reason => (several ? `${reason} (${host}, process ${pid})` : reason)),
  )
  const some = reasons.slice(0, 4)
  if (reasons.length > 4) some.push(`And ${reasons.length - 4} more.`)
  if (some.length > 0) return some
  return [
    several ? `${processes.length} processes serve without trouble.` : 'The service runs without trouble.',
  ]
}

/**
 * The six numbers on top.
 *
 * @param {import('./columns.js').Columns} fine
 * @param {object[]} processes
 */
export function showFigures(fine, processes) {
  const minute = name => fine.sum(name, 60)
  const isIdle = fine.last('p95') === 0
  const [latency, unit] = isIdle ? ['–', ''] : splitMillis(fine.last('p95'))
  const failures = minute('failures')
  const [saved, asked] = [minute('saved'), minute('saved') + minute('unsaved')]
  const [active, max] = [fine.last('active'), fine.last('max')]
  const memory = processes.reduce((sum, { cache }) => sum + cache.bytes, 0)
  figures([
    ['Requests', rate(fine.last('requests')), '/s', `${count(minute('requests'))} in a minute`],
    ['Latency, 95 %', latency, unit, isIdle ? 'no requests' : `99 % within ${millis(fine.last('p99'))}`],
    [
      'Failed requests',
      count(failures),
      '',
      failures === 0 ? 'none in a minute' : 'in a minute',
      failures > 0,
    ],
    ['Database reads saved', percent(saved, asked), '', `${count(saved)} in a minute`],
    ['Connections in use', count(active), `of ${count(max)}`, `${count(fine.last('waiting'))} waiting`],
    [
      'Retries',
      count(minute('retries')),
      '',
      `${count(minute('sheds'))} turned away · cache ${bytes(memory)}`,
    ],
  ])
}

/** The nodes of each figure: only their texts change. */
const shown = new Map()

/** @param {[label: string, value: string, unit: string, note: string, bad?: boolean][]} list */
function figures(list) {
  const parent = byId('figures')
  for (const [label, value, unit, note, bad = false] of list) {
    const parts = shown.get(label) ?? newFigure(parent, label)
    setText(parts.value, value)
    setText(parts.unit, unit)
    setText(parts.note, note)
    parts.value.classList.toggle('bad', bad)
  }
}

/** A figure that is shown for the first time. */
function newFigure(parent, label) {
  const [value, unit] = [element('span'), element('span', { class: 'unit' })]
  const note = element('dd', { class: 'note' })
  parent.append(
    element('div', {}, element('dt', {}, label), element('dd', { class: 'value' }, value, unit), note),
  )
  const parts = { value, unit, note }
  shown.set(label, parts)
  return parts
}

/** Where reads came from, and why some were not cached. */
export function showCache(processes) {
  const total = name => processes.reduce((sum, { cache }) => sum + cache[name], 0)
  const hits = ['memory', 'redisHits', 'shared', 'stale'].map(total)
  const misses = total('misses')
  const reads = hits.reduce((sum, each) => sum + each, misses)
  const redis = processes.map(({ cache }) => cache.redis)
  const isKept = processes.some(({ cache }) => cache.enabled)
  const where = redis.includes('none') ? 'memory only' : 'memory and Redis'
  setText(byId('cache-state'), redis.includes('away') ? 'Redis is away' : isKept ? where : 'nothing is kept')
  const [memory, shared, joined, stale] = hits
  const tiers = [
    ['From memory', memory, ''],
    ['From Redis', shared, 'b'],
    ['Shared a load', joined, 'c'],
    ...(stale > 0 ? [['Stale, served', stale, 'c']] : []),
    ['From the database', misses, 'd'],
  ]
  byId('cache').replaceChildren(
    element(
      'dl',
      { class: 'rows' },
      ...tiers.flatMap(([label, part, tone]) => tier(label, part / (reads || 1), tone)),
    ),
    ...reasonList('Reads around the cache, by reason', sumOf(processes.map(({ cache }) => cache.bypasses))),
    element(
      'p',
      { class: 'subhead' },
      `${count(total('entries'))} results in ${bytes(total('bytes'))}; ${count(total('invalidations'))} invalidations, ${count(total('evictions'))} evictions`,
    ),
  )
}

/** A line with a bar as long as its share; screen readers are told the number beside it. */
function tier(label, share, tone) {
  const bar = element('i')
  bar.style.transform = `scaleX(${share})`
  return [
    element('dt', {}, label),
    element('dd', { class: `meter ${tone}`, 'aria-hidden': 'true' }, bar),
    element('dd', {}, percent(share, 1)),
  ]
}

/** Errors by category since the start; retries, sheds and failed queries of the last minute. */
export function showTrouble(processes, fine) {
  const errors = sumOf(processes.map(process => process.errors))
  const list = [
    ['Retries in the last minute', fine.sum('retries', 60)],
    ['Calls turned away in the last minute', fine.sum('sheds', 60)],
    ['Failed queries in the last minute', fine.sum('queryErrors', 60)],
  ]
  byId('trouble').replaceChildren(
    pairs(list),
    ...(errors.length === 0
      ? [element('p', { class: 'subhead' }, 'No query has failed.')]
      : reasonList('Failed queries by category', errors)),
  )
}

/** The breaker and the replicas, as each process sees them. */
export function showServers(processes) {
  const states = processes.map(({ database }) => database)
  const open = states.filter(({ breaker }) => breaker !== 'closed').length
  const silent = states.filter(({ answers }) => !answers).length
  const tone = silent > 0 ? 'red' : open > 0 ? 'degraded' : 'green'
  const words = silent > 0 ? 'does not answer' : open > 0 ? 'being tried' : 'answers'
  const breakers = [...new Set(states.map(({ breaker }) => breaker))].join(', ')
  const redis = redisOf(processes)
  const nodes = processes[0]?.nodes ?? []
  byId('servers').replaceChildren(
    element(
      'dl',
      { class: 'pairs' },
      ...row('Database', words, tone),
      ...row('Circuit breaker', breakers, open > 0 ? 'degraded' : 'green'),
      ...row(
        'Overload',
        states.some(({ overloaded }) => overloaded) ? 'calls turned away' : 'none',
        states.some(({ overloaded }) => overloaded) ? 'degraded' : 'green',
      ),
      ...row('Redis', redis, redis === 'is away' ? 'degraded' : redis === 'answers' ? 'green' : undefined),
      ...nodes.flatMap(nodeRow),
    ),
    ...(nodes.length === 0 ? [element('p', { class: 'subhead' }, 'One server, no replicas.')] : []),
  )
}

/** How Redis is: as soon as one process cannot reach it, it is away. */
function redisOf(processes) {
  const states = processes.map(({ cache }) => cache.redis)
  if (states.includes('away')) return 'is away'
  if (states.includes('ok')) return 'answers'
  return states.includes('unused') ? 'not asked yet' : 'none'
}

/** A server of the cluster: its role, and whether reads go there or why not. */
function nodeRow({ host, port, role, reads, lagMillis }) {
  const lag = lagMillis === undefined ? '' : `, ${millis(lagMillis)} behind`
  const words = reads === undefined ? role : `${role}: ${reads}${lag}`
  return row(`${host}:${port}`, words, reads === undefined || reads === 'serving' ? 'green' : 'degraded')
}

/** A name and what is said of it; the tone adds to the words and replaces none. */
function row(label, words, tone) {
  return [
    element('dt', {}, label),
    element('dd', {}, element('span', { class: 'tag', 'data-tone': tone }, words)),
  ]
}

/** The greatest counts under a heading; nothing at all where there are none. */
function reasonList(title, entries) {
  if (entries.length === 0) return []
  return [element('p', { class: 'subhead' }, title), pairs(entries.slice(0, 8))]
}

/** Names and counts in two columns. @param {[string, number][]} entries */
function pairs(entries) {
  return element(
    'dl',
    { class: 'pairs' },
    ...entries.flatMap(([label, value]) => [element('dt', {}, label), element('dd', {}, count(value))]),
  )
}

/** Sums of records of numbers, the greatest first. */
function sumOf(records) {
  const sums = new Map()
  for (const record of records)
    for (const [name, value] of Object.entries(record)) sums.set(name, (sums.get(name) ?? 0) + value)
  return [...sums].sort(([, a], [, b]) => b - a)
}

import { inSeconds } from './durations.js'
import type { LiveProcess, LiveStatement, LiveView } from './live-view.js'
import type { Style } from './output.js'

/** What lines are made for. */
export interface ScreenOptions {
  /** Characters of a line. */
  readonly columns: number
  readonly paint: (style: Style, text: string) => string
}

const WORDS: Readonly<Record<string, { readonly style: Style; readonly text: string }>> = {
  green: { style: 'green', text: 'All well' },
  degraded: { style: 'yellow', text: 'Degraded' },
  red: { style: 'red', text: 'Outage' },
}
const STATEMENTS = 8
const PROCESSES = 8

/** The lines in which a terminal shows a service. */
export function screenOf(view: LiveView, options: ScreenOptions): readonly string[] {
  const { style, text } = WORDS[view.state] ?? { style: 'dim' as const, text: plain(view.state) }
  const reasons = view.processes.flatMap(each => each.reasons).slice(0, 4)
  const fit = (line: string) => plain(line).slice(0, options.columns)
  return [
    `${options.paint('bold', 'Holdfast')}  ${options.paint(style, text)}`,
    ...reasons.map(reason => fit(`  ${reason}`)),
    '',
    ...figuresOf(view).map(fit),
    '',
    ...tableOf(processRows(view.processes), options),
    '',
    ...tableOf(statementRows(view.processes), options),
  ]
}

function figuresOf({ columns, point, processes }: LiveView): readonly string[] {
  const now = (name: string) => Number(point[columns.indexOf(name)] ?? 0)
  const total = (name: keyof LiveProcess['cache']) =>
    processes.reduce((sum, { cache }) => sum + Number(cache[name]), 0)
  const hits = total('memory') + total('redisHits') + total('shared') + total('stale')
  const reads = hits + total('misses')
  const errors = processes.flatMap(({ errors: own }) => Object.entries(own))
  return [
    `requests ${rate(now('requests'))}/s, failed ${rate(now('failures'))}/s    latency 50 % ${inSeconds(now('p50'))}, 95 % ${inSeconds(now('p95'))}, 99 % ${inSeconds(now('p99'))}`,
    `queries ${rate(now('queries'))}/s, retries ${rate(now('retries'))}/s, turned away ${rate(now('sheds'))}/s`,
    `pool ${now('active')} active, ${now('idle')} idle, ${now('waiting')} waiting, of ${now('max')}`,
    `cache ${reads === 0 ? '–' : `${((hits / reads) * 100).toFixed(1)} %`} of ${reads} reads: memory ${total('memory')}, Redis ${total('redisHits')}, shared ${total('shared')}, database ${total('misses')}`,
    ...(errors.length === 0 ? [] : [`failed queries: ${summed(errors)}`]),
  ]
}

/** Counts of several processes by name: `timeout 3, unavailable 1`. */
function summed(entries: readonly (readonly [string, number])[]): string {
  const sums = new Map<string, number>()
  for (const [name, count] of entries) sums.set(name, (sums.get(name) ?? 0) + count)
  return [...sums].map(([name, count]) => `${name} ${count}`).join(', ')
}

function processRows(processes: readonly LiveProcess[]): readonly (readonly string[])[] {
  const head = ['PROCESS', 'STATE', 'REQ/S', 'ACTIVE', 'WAITING', 'BREAKER', 'REDIS']
  const rows = processes
    .slice(0, PROCESSES)
    .map(({ host, pid, state, second, pool, database, cache }) => [
      `${host}·${pid}`,
      WORDS[state]?.text ?? state,
      rate(second.requests),
      `${pool.active}/${pool.max}`,
      String(pool.waiting),
      database.breaker,
      cache.redis,
    ])
  return [head, ...rows]
}

function statementRows(processes: readonly LiveProcess[]): readonly (readonly string[])[] {
  const head = ['CALLS', 'ERRORS', 'TOTAL', '50 %', '95 %', 'LONGEST', 'STATEMENT']
  const rows = mergedStatements(processes).map(({ calls, errors, totalMillis, p50, p95, max, text }) => [
    String(calls),
    String(errors),
    ...[totalMillis, p50, p95, max].map(inSeconds),
    text,
  ])
  return [head, ...rows]
}

/** Of all processes together, what takes most time first; of times of several processes the longest counts. */
function mergedStatements(processes: readonly LiveProcess[]): readonly LiveStatement[] {
  const merged = new Map<string, LiveStatement>()
  for (const each of processes.flatMap(({ statements }) => statements)) {
    const known = merged.get(each.id)
    merged.set(each.id, known === undefined ? each : both(known, each))
  }
  return [...merged.values()].sort((a, b) => b.totalMillis - a.totalMillis).slice(0, STATEMENTS)
}

function both(one: LiveStatement, other: LiveStatement): LiveStatement {
  return {
    ...one,
    calls: one.calls + other.calls,
    errors: one.errors + other.errors,
    totalMillis: one.totalMillis + other.totalMillis,
    p50: Math.max(one.p50, other.p50),
    p95: Math.max(one.p95, other.p95),
    max: Math.max(one.max, other.max),
  }
}

/** Columns aligned; the last one is cut where the line ends. */
function tableOf(rows: readonly (readonly string[])[], { columns, paint }: ScreenOptions): readonly string[] {
  const cells = rows.map(row => row.map(cell => plain(String(cell))))
  const widths = (cells[0] ?? []).map((_, at) => Math.max(...cells.map(row => row[at]?.length ?? 0)))
  return cells.map((row, index) => {
    const last = row.length - 1
    const line = row.map((cell, at) => (at === last ? cell : cell.padEnd(widths[at] ?? 0))).join('  ')
    return index === 0 ? paint('dim', line.slice(0, columns)) : line.slice(0, columns)
  })
}

function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond))
}

/** What comes from elsewhere must not move the cursor, nor anything else that a terminal does when told to. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
}

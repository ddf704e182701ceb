import { addSparse, BUCKETS, percentile } from './latency-buckets.js'
import type { ProcessReport } from './process-report.js'

/** What is kept of every interval, in this order. Rates are per second, latencies milliseconds. */
export const COLUMNS = [
  'at',
  'requests',
  'failures',
  'p50',
  'p95',
  'p99',
  'queries',
  'saved',
  'unsaved',
  'active',
  'idle',
  'waiting',
  'max',
  'queryErrors',
  'retries',
  'sheds',
] as const

/** The values of one interval, in the order of {@link COLUMNS}. */
export type Point = readonly number[]

/** Lengths of what is kept. */
export interface HistorySize {
  /** Points of a second each. Default: two minutes. */
  readonly seconds: number
  /** Seconds of a coarse point. Default: 15. */
  readonly coarse: number
  /** Coarse points. Default: six hours. */
  readonly coarsePoints: number
}

const SIZE: HistorySize = { seconds: 120, coarse: 15, coarsePoints: 1_440 }

/** What all processes did, second by second and further back more coarsely; of a fixed size. */
export class History {
  readonly #size: HistorySize
  readonly #fine: Point[] = []
  readonly #coarse: Point[] = []
  #open: Interval = new Interval()

  constructor(size: HistorySize = SIZE) {
    this.#size = size
  }

  /** Adds a second. @returns its point */
  add(at: number, reports: readonly ProcessReport[]): Point {
    const second = new Interval()
    second.add(reports)
    this.#open.add(reports)
    const point = second.point(at)
    keep(this.#fine, point, this.#size.seconds)
    if (this.#open.seconds >= this.#size.coarse) {
      keep(this.#coarse, this.#open.point(at), this.#size.coarsePoints)
      this.#open = new Interval()
    }
    return point
  }

  /** The latest seconds, oldest first. */
  get seconds(): readonly Point[] {
    return this.#fine
  }

  /** The hours before, oldest first. */
  get hours(): readonly Point[] {
    return this.#coarse
  }
}

/** The oldest goes when there are too many. */
function keep(points: Point[], point: Point, most: number): void {
  points.push(point)
  if (points.length > most) points.shift()
}

/** Sums over one or more seconds. Latencies are merged by their buckets, so that their percentiles are those of all. */
class Interval {
  seconds = 0
  readonly #latency = new Float64Array(BUCKETS)
  readonly #sums = {
    requests: 0,
    failures: 0,
    queries: 0,
    saved: 0,
    unsaved: 0,
    queryErrors: 0,
    retries: 0,
    sheds: 0,
  }
  readonly #peaks = { active: 0, idle: 0, waiting: 0, max: 0 }

  add(reports: readonly ProcessReport[]): void {
    this.seconds++
    const pools = { active: 0, idle: 0, waiting: 0, max: 0 }
    for (const { second, pool } of reports) {
      addSparse(this.#latency, second.latency)
      for (const name of keysOf(this.#sums)) this.#sums[name] += second[name]
      for (const name of keysOf(pools)) pools[name] += pool[name]
    }
    for (const name of keysOf(pools)) this.#peaks[name] = Math.max(this.#peaks[name], pools[name])
  }

  /** What is kept of it, to two decimals. */
  point(at: number): Point {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map(share => percentile(this.#latency, share))
    const values: Readonly<Record<string, number | undefined>> = {
      at,
      p50,
      p95,
      p99,
      ...this.#peaks,
      ...Object.fromEntries(
        Object.entries(this.#sums).map(([name, sum]) => [name, sum / Math.max(1, this.seconds)]),
      ),
    }
    return COLUMNS.map(name => Math.round((values[name] ?? 0) * 100) / 100)
  }
}

function keysOf<T extends object>(value: T): (keyof T)[] {
  return Object.keys(value) as (keyof T)[]
}

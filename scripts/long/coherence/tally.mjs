/** Milliseconds after a fault in which caches find out that all works again. */
const RECOVERY = 2_000
/** Violations of which the whole story is kept. */
const TOLD = 50

/**
 * @typedef {import('@holdfast/testkit').Violation} Violation
 * @typedef {import('./fault-plan.mjs').FaultPlan} FaultPlan
 * @typedef {Violation & { behind: number | undefined, faults: import('./fault-plan.mjs').Fault[] }} Story `behind`:
 *   milliseconds between the acknowledgement of the oldest write it missed and the start of the read
 *
 * @typedef {object} Verdict
 * @property {boolean} ok
 * @property {number} seed
 * @property {number} reads
 * @property {Record<string, number>} origins reads by where they came from
 * @property {Record<string, number>} writes by outcome
 * @property {Record<string, number>} failures writes that failed, by outcome and error
 * @property {Record<string, number>} faults by name
 * @property {number} found violations in all
 * @property {number} bent stale reads that `onUnmarkable: 'commit'` allows
 * @property {Record<string, number>} kinds violations by kind and query
 * @property {Story[]} violations the first of them
 * @property {number} revived processes that ended by themselves
 * @property {Record<string, number>} errors of reads, by code
 * @property {unknown[]} stats of the caches
 */

/** Counts what happens in a run. */
export class Tally {
  /** @type {Story[]} */
  violations = []
  found = 0
  bent = 0
  revived = 0
  /** @type {Record<string, number>} */ #origins = {}
  /** @type {Record<string, number>} */ #failures = {}
  /** @type {Record<string, number>} */ #kinds = {}
  /** @type {import('./options.mjs').Options} */ #options
  /** @type {import('@holdfast/testkit').HistoryChecker} */ #checker

  /** @param {import('./options.mjs').Options} options @param {import('@holdfast/testkit').HistoryChecker} checker */
  constructor(options, checker) {
    this.#options = options
    this.#checker = checker
  }

  /** @param {import('@holdfast/testkit').HistoryEvent} event */
  count(event) {
    if (event.kind === 'end' && event.error !== undefined)
      bump(this.#failures, `${event.outcome}: ${event.error}`)
    if (event.kind !== 'read') return
    const { status = 'uncached', tier, reason } = event.origin ?? {}
    bump(this.#origins, [status, tier ?? reason].filter(Boolean).join(' '))
  }

  /** @param {Violation[]} violations @param {FaultPlan} plan */
  add(violations, plan) {
    for (const violation of violations) {
      if (this.#options.onUnmarkable === 'commit' && isBent(violation, plan)) this.bent += 1
      else this.#keep(violation, plan)
    }
  }

  /** @param {FaultPlan} plan @param {any[]} reports @returns {Verdict} */
  verdict(plan, reports) {
    /** @type {Record<string, number>} */
    const [faults, errors] = [{}, {}]
    for (const { name } of plan.happened) bump(faults, name)
    for (const report of reports)
      for (const name of Object.keys(report.errors)) bump(errors, name, report.errors[name])
    const { found, bent, violations, revived } = this
    return {
      ok: found === 0,
      seed: this.#options.seed,
      reads: this.#checker.reads,
      origins: this.#origins,
      writes: this.#checker.writes,
      failures: this.#failures,
      ...{ faults, found, bent, kinds: this.#kinds, violations, revived, errors },
      stats: reports.map(({ stats }) => stats),
    }
  }

  /** @param {Violation} violation @param {FaultPlan} plan */
  #keep(violation, plan) {
    const { read, missed } = violation
    this.found += 1
    bump(this.#kinds, `${violation.kind}: ${read.query}`)
    if (this.violations.length >= TOLD) return
    const oldest = missed[0]?.by
    const from = Math.min(read.start, oldest?.start ?? read.start)
    const faults = plan.between(from - RECOVERY, read.end)
    this.violations.push({ ...violation, behind: oldest && read.start - oldest.end, faults })
  }
}

/**
 * Whether a stale read is what `onUnmarkable: 'commit'` allows: each write it missed was made while the writer could
 * not reach Redis, and the read started before that was over and made up for.
 *
 * @param {Violation} violation
 * @param {Pick<FaultPlan, 'between'>} plan
 */
export function isBent({ kind, missed, read }, plan) {
  if (kind !== 'stale' || missed.length === 0) return false
  return touching(missed, read).every(({ by }) =>
    plan.between(by.start - RECOVERY, by.end).some(({ redis, target, to }) => {
      const hits = redis === 'all' || (redis === 'one' && target === by.process)
      return hits && read.start <= to + RECOVERY
    }),
  )
}

/**
 * The missed writes that had to tell this reader: a write to a row that has left the group before, and does not
 * come back with it, has nothing to tell to who reads the group by its value.
 *
 * @param {Violation['missed']} missed oldest first
 * @param {Violation['read']} read
 */
function touching(missed, { complete, values }) {
  const group = values.length > 0 ? complete?.group : undefined
  if (group === undefined) return missed
  return missed.filter(
    (state, index) => index === 0 || [state, missed[index - 1]].some(each => each?.group === group),
  )
}

/** @param {Record<string, number>} counts @param {string} name @param {number} [by] */
function bump(counts, name, by = 1) {
  counts[name] = (counts[name] ?? 0) + by
}

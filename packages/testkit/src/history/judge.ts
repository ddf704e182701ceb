import type { Read, RegisterName } from './events.js'
import type { History } from './history.js'
import type { Register, State, View } from './register.js'
import type { Violation } from './violation.js'

/** What one read is measured by. */
interface Measure {
  readonly history: History
  readonly read: Read
  /** What was acknowledged before this instant has to be visible. */
  readonly floorAt: number
}

/**
 * Finds what a read shows although it may not.
 *
 * @param bound milliseconds that a read may be behind
 */
export function judge(history: History, read: Read, bound: number): Violation[] {
  const measure = { history, read, floorAt: read.start - bound }
  const found = [...judgeSeen(measure), ...judgeMissing(measure), judgeSum(measure)]
  return found.filter(violation => violation !== undefined)
}

/** Each register that the read named, by the version it showed. */
function judgeSeen(measure: Measure): (Violation | undefined)[] {
  const { seen, own } = measure.read
  return Object.entries(seen).map(([name, version]) =>
    own !== undefined && name in own ? judgeOwn(measure, name) : judgeVersion(measure, name, version),
  )
}

/** What a transaction has written itself, it sees exactly. */
function judgeOwn({ read }: Measure, register: RegisterName): Violation | undefined {
  const saw = read.seen[register] as number | null
  return read.own?.[register] === saw ? undefined : { kind: 'own', register, saw, missed: [], read }
}

/** One version, or one absence, of a register that the read named. */
function judgeVersion(measure: Measure, name: RegisterName, version: number | null): Violation | undefined {
  const { history, read } = measure
  const view =
    version === null
      ? viewOf(measure, ({ group }) => group === null)
      : { ...viewOf(measure, state => state.version === version && state.group !== null), version }
  const problem = problemOf(measure, history.find(name), view)
  if (problem === undefined) return undefined
  const { missed } = problem
  const isStale = version === null || missed.some(state => state.version > version)
  const kind =
    version !== null && history.wasTakenBack(name, version) ? 'aborted' : isStale ? 'stale' : 'unwritten'
  return { kind, register: name, saw: version, missed, read }
}

/** Every register that the read would have shown if it had been where the read looked. */
function judgeMissing(measure: Measure): Violation[] {
  const { history, read } = measure
  const { complete, seen } = read
  if (complete === undefined) return []
  const { table, group } = complete
  const view = viewOf(measure, state => (group === undefined ? state.group === null : state.group !== group))
  const violations: Violation[] = []
  for (const register of history.table(table)) {
    if (register.name in seen) continue
    const problem = problemOf(measure, register, view)
    if (problem) violations.push({ kind: 'stale', register: register.name, missed: problem.missed, read })
  }
  return violations
}

/** The sum of versions that only rise is at least the sum of those that were acknowledged. */
function judgeSum({ history, read, floorAt }: Measure): Violation | undefined {
  if (read.sum === undefined) return undefined
  const floors = [...history.table(read.sum.table)].map(register => register.floor(floorAt))
  const least = floors.reduce((sum, floor) => sum + (floor?.version ?? 0), 0)
  if (read.sum.total >= least) return undefined
  const latest = floors.filter(floor => floor !== undefined).sort((a, b) => a.by.end - b.by.end)
  return {
    kind: 'stale',
    register: `${read.sum.table}:sum`,
    saw: read.sum.total,
    missed: latest.slice(-1),
    read,
  }
}

/** The read's view of one register, whichever that is. */
function viewOf({ read, floorAt }: Measure, fits: (state: State) => boolean): View {
  return { fits, floorAt, end: read.end }
}

/** What a view misses; `undefined` when something explains it. */
function problemOf({ history }: Measure, register: Register, view: View): { missed: State[] } | undefined {
  const deaths = history.deaths(register)
  const isDead = deaths.find(({ start, end }) => end < view.floorAt && register.firstAcknowledged < start)
  const showsAbsence = view.version === undefined
  if (isDead && !showsAbsence) {
    return { missed: [{ version: Number.POSITIVE_INFINITY, group: null, by: isDead }] }
  }
  if (showsAbsence && deaths.some(({ start }) => start < view.end)) return undefined
  if (register.explanation(view) !== undefined) return undefined
  const floor = register.floor(view.floorAt)
  return isExcused({ history, register, view, floor }) ? undefined : { missed: register.missed(view) }
}

/** Whether a write of unknown outcome may explain a view that no known state explains. */
function isExcused(given: {
  history: History
  register: Register
  view: View
  floor: State | undefined
}): boolean {
  const { history, register, view, floor } = given
  if (view.version === undefined) return (floor?.by.start ?? 0) <= register.unsettledUntil
  if (history.wasTakenBack(register.name, view.version)) return false
  return history.mayHaveUntoldVersion(register) && view.version > (floor?.version ?? 0)
}

import type { Category, Check, Problem, Severity } from './check.js'
import type { Facts } from './facts.js'
import type { Outcome } from './run-check.js'

/** One thing that is wrong, with the check that found it. */
export interface Finding {
  /** The check and the object, `'I06:public.users.id'`: what a baseline holds. */
  readonly key: string
  readonly id: string
  readonly name: string
  readonly title: string
  readonly category: Category
  readonly severity: Severity
  readonly object: string
  readonly evidence: string
  /** SQL that mends it; never run by the doctor. */
  readonly fix: string
}

/** A check that could not be made. */
export interface SkippedCheck {
  readonly id: string
  readonly name: string
  readonly reason: string
}

/** What the doctor has to say about one database. */
export interface DoctorReport {
  readonly database: string
  /** As the server writes it: `18.1`. */
  readonly version: string
  /** The server's clock at the beginning, ISO 8601. */
  readonly time: string
  /** The worst first, then by check and object. */
  readonly findings: readonly Finding[]
  /** Findings that the baseline knows. */
  readonly known: readonly Finding[]
  /** Entries of the baseline that were not found any more, of checks that were made. */
  readonly mended: readonly string[]
  readonly skipped: readonly SkippedCheck[]
  /** The ids of the checks that found nothing. */
  readonly passed: readonly string[]
  /** Findings left out because there were more than `maxFindings` of one check, by its id. */
  readonly omitted: Readonly<Record<string, number>>
  /** How many findings there are that the baseline does not know, those left out included. */
  readonly counts: Readonly<Record<Severity, number>>
  /** The keys of all findings, known ones and those left out included: what a baseline is made of. */
  readonly keys: readonly string[]
  /** Milliseconds that each check took, by its id. */
  readonly millis: Readonly<Record<string, number>>
}

/** A check with what came of it. */
export interface Examined {
  readonly check: Check
  readonly outcome: Outcome
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }

/** Puts the outcomes together. */
export function makeReport(facts: Facts, examined: readonly Examined[]): DoctorReport {
  const { baseline, ignore, maxFindings } = facts.settings
  const isKnown = ({ key }: Finding) => baseline.includes(key)
  const everything = examined.map(each => findingsOf(each).filter(({ key }) => !ignore.includes(key)))
  const fresh = everything.map(findings => findings.filter(finding => !isKnown(finding)))
  return {
    database: facts.database,
    version: facts.version,
    time: facts.now,
    findings: fresh.flatMap(findings => findings.slice(0, maxFindings)).sort(bySeverity),
    known: everything.flat().filter(isKnown).sort(bySeverity),
    mended: mendedOf(baseline, examined, everything.flat()),
    skipped: examined.flatMap(skipOf),
    passed: examined.flatMap(passOf),
    omitted: omittedOf(fresh, maxFindings),
    counts: countsOf(fresh.flat()),
    keys: everything.flatMap(findings => findings.map(({ key }) => key)),
    millis: Object.fromEntries(examined.map(({ check, outcome }) => [check.id, outcome.millis])),
  }
}

/** @returns 1 when a finding is as bad as `failOn` or worse, else 0 */
export function exitCodeOf(report: DoctorReport, failOn: Severity = 'error'): 0 | 1 {
  const severities = Object.keys(RANK) as Severity[]
  return severities.some(each => RANK[each] <= RANK[failOn] && report.counts[each] > 0) ? 1 : 0
}

function findingsOf({ check, outcome }: Examined): Finding[] {
  const problems = 'problems' in outcome ? outcome.problems : []
  return problems.map(problem => findingOf(check, problem)).sort(bySeverity)
}

function findingOf({ id, name, title, category, severity }: Check, problem: Problem): Finding {
  const key = `${id}:${problem.object}`
  return { key, id, name, title, category, severity, ...problem }
}

function skipOf({ check: { id, name }, outcome }: Examined): SkippedCheck[] {
  return 'skipped' in outcome ? [{ id, name, reason: outcome.skipped }] : []
}

function passOf({ check, outcome }: Examined): string[] {
  return 'problems' in outcome && outcome.problems.length === 0 ? [check.id] : []
}

function omittedOf(found: readonly (readonly Finding[])[], most: number): Record<string, number> {
  const tooMany = found.filter(({ length }) => length > most)
  return Object.fromEntries(tooMany.map(findings => [findings[0]?.id ?? '', findings.length - most]))
}

function mendedOf(baseline: readonly string[], examined: readonly Examined[], found: readonly Finding[]) {
  const made = new Set(examined.filter(({ outcome }) => 'problems' in outcome).map(({ check }) => check.id))
  const keys = new Set(found.map(({ key }) => key))
  return baseline.filter(key => made.has(key.split(':', 1)[0] ?? '') && !keys.has(key))
}

function countsOf(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 }
  for (const { severity } of findings) counts[severity] += 1
  return counts
}

function bySeverity(a: Finding, b: Finding): number {
  return RANK[a.severity] - RANK[b.severity] || compare(a.key, b.key)
}

/** By code unit: the same everywhere, whatever the locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

import { CHECKS } from './all-checks.js'
import type { Check } from './check.js'

/** A check as people are told about it. */
export type DescribedCheck = Pick<Check, 'id' | 'name' | 'title' | 'severity' | 'category' | 'explain'> & {
  /** The first major version of PostgreSQL that it needs; absent where any will do. */
  readonly since?: number
  /** Judges statistics, and is skipped while they are younger than `statisticsDays`. */
  readonly usage: boolean
}

/** All checks of the doctor, in the order of their ids. */
export const DOCTOR_CHECKS: readonly DescribedCheck[] = Object.freeze(CHECKS.map(describe))

/** @returns the check of an id or name, in any case of letters; `undefined` when there is none */
export function explainCheck(idOrName: string): DescribedCheck | undefined {
  const lower = String(idOrName).toLowerCase()
  return DOCTOR_CHECKS.find(({ id, name }) => id.toLowerCase() === lower || name === lower)
}

function describe({ id, name, title, severity, category, explain, since, usage }: Check): DescribedCheck {
  const described = { id, name, title, severity, category, explain, usage: usage === true }
  return Object.freeze({ ...described, ...(since ? { since } : {}) })
}

import { DigisInputError } from '../digis-error.js'
import { checkWhole } from '../input/amounts.js'
import { describeGiven } from '../input/describe-given.js'
import { checkChoice, checkText } from '../input/text.js'

/** How the monthly partitions of a table are kept. */
export interface PartitionPolicy {
  /** As SQL names it: `sessions`, `app.sessions`. */
  readonly table: string
  /** Months beyond the one that goes on for which there are partitions, 1 to 120. Default: 3. */
  readonly ahead?: number
  /** What is kept, in whole months: `'24 months'`, `'2 years'`. Default: everything. */
  readonly retain?: string | null
  /** What happens to a month that is older: it is dropped, or detached and left to you. Default: `'drop'`. */
  readonly retire?: 'drop' | 'detach'
}

/** Something that was done to a partition, or could not be done now. */
export interface PartitionChange {
  readonly table: string
  /**
   * `busy`: somebody held a lock for too long; the next call tries again. `referenced`: rows of other tables refer to it,
   * so it is kept.
   */
  readonly action: 'created' | 'dropped' | 'detached' | 'busy' | 'referenced'
  readonly partition: string
}

/** The longest name that is accepted: a schema, a table and their quotes. */
const LONGEST_NAME = 260

/** @throws DigisInputError for anything that cannot be the name of a table */
export function checkTable(value: unknown): string {
  const name = checkText('table', value, LONGEST_NAME)
  if (name.trim() !== '') return name
  throw new DigisInputError({ field: 'table', expected: 'the name of a table', given: describeGiven(value) })
}

/** With every default filled in. @throws DigisInputError for an impossible one */
export function checkPolicy({ table, ahead, retain, retire }: PartitionPolicy): Required<PartitionPolicy> {
  return {
    table: checkTable(table),
    ahead: checkWhole('ahead', ahead ?? 3, { least: 1, most: 120 }),
    retain: retain === undefined || retain === null ? null : checkRetain(retain),
    retire: checkChoice('retire', retire ?? 'drop', ['drop', 'detach']),
  }
}

function checkRetain(value: unknown): string {
  if (typeof value === 'string' && /^[1-9]\d{0,3} (month|year)s?$/.test(value)) return value
  const expected = "whole months or years, such as '24 months' or '2 years'"
  throw new DigisInputError({ field: 'retain', expected, given: describeGiven(value) })
}

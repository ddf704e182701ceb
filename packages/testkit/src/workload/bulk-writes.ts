import type { Change } from '../history/events.js'
import type { Row } from './subject.js'
import { ROWS } from './tables.js'
import { changesOf, step, type WriteContext, type WriteStep } from './write-step.js'

/** The keys that notes may have. */
const ALL_NOTES = Array.from({ length: ROWS.notes }, (_, index) => index + 1)
/** Whatever is lost on the way, it was about these. */
const notes = { registers: ALL_NOTES.map(id => `note:${id}`) }

/**
 * Empties a table and fills it again, with a few rows missing. TRUNCATE waits for all who write to the table, so a
 * version drawn after it is later than all of theirs.
 */
export function refill({ random }: WriteContext): WriteStep[] {
  const kept = random.shuffle(ALL_NOTES).slice(random.int(0, 2))
  const emptied = ([row]: readonly Row[]): Change[] =>
    notes.registers.map(register => ({ register, version: Number(row?.version), group: null }))
  return [
    step('truncate notes', 'TRUNCATE notes', { values: [], scope: notes, changes: () => [] }),
    step('after truncate', `SELECT nextval('versions') AS version`, {
      values: [],
      scope: notes,
      changes: emptied,
    }),
    step(
      'refill notes',
      `INSERT INTO notes SELECT id, nextval('versions') FROM unnest($1::int[]) id RETURNING id, version`,
      {
        values: [kept],
        scope: notes,
        changes: changesOf('note', () => ''),
      },
    ),
  ]
}

/** Gives the items a new column, named for its version, and takes the one before it away. */
export function alterItems(version: number, before: number | undefined): WriteStep {
  const drop = before === undefined ? '' : `DROP COLUMN IF EXISTS added_${before}, `
  return step('alter items', `ALTER TABLE items ${drop}ADD COLUMN added_${version} int`, {
    values: [],
    scope: { registers: ['shape:items'] },
    changes: () => [{ register: 'shape:items', version, group: '' }],
  })
}

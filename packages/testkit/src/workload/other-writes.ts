import type { Change } from '../history/events.js'
import type { Row } from './subject.js'
import { REGIONS, ROWS } from './tables.js'
import { changesOf, ownKey, type StepKind, step } from './write-step.js'

/** Rows of these tables are found by their keys alone, except metrics, which have a region. */
const ownerChanges = changesOf('owner', () => '')
const metricChanges = changesOf('metric', row => `region:${row.region}`)
const noteChanges = changesOf('note', () => '')

/** An order changes the total it belongs to, through a trigger. */
function orderChanges(rows: readonly Row[]): Change[] {
  return rows.flatMap(({ id, total_id, version }) => [
    { register: `order:${id}`, version: Number(version), group: '' },
    { register: `total:${total_id}`, version: Number(version), group: '' },
  ])
}

/** A row that others are joined to. */
const updateOwner: StepKind = {
  weight: 3,
  make({ random }) {
    const id = random.int(1, ROWS.owners)
    const text = `UPDATE owners SET version = nextval('versions') WHERE id = $1 RETURNING id, version`
    return step('update owner', text, {
      values: [id],
      scope: { registers: [`owner:${id}`] },
      changes: ownerChanges,
    })
  },
}

/** A whole table. */
const updateOwners: StepKind = {
  weight: 1,
  make: () =>
    step('update all owners', `UPDATE owners SET version = nextval('versions') RETURNING id, version`, {
      values: [],
      scope: { tables: ['owner'] },
      changes: ownerChanges,
    }),
}

/** Bumps a total as well, by trigger. */
const updateOrder: StepKind = {
  weight: 4,
  make({ random }) {
    const id = random.int(1, ROWS.orders)
    const text = `UPDATE orders SET version = nextval('versions') WHERE id = $1 RETURNING id, total_id, version`
    return step('update order', text, {
      values: [id],
      scope: { registers: [`order:${id}`, `total:${1 + (id % ROWS.totals)}`] },
      changes: orderChanges,
    })
  },
}

/** Bumps one total several times. */
const updateOrders: StepKind = {
  weight: 1,
  make({ random }) {
    const text = `UPDATE orders SET version = nextval('versions') WHERE total_id = $1 RETURNING id, total_id, version`
    return step('update orders of total', text, {
      values: [random.int(1, ROWS.totals)],
      scope: { tables: ['order', 'total'] },
      changes: orderChanges,
    })
  },
}

/** Through the partitioned table, or straight in one of its partitions, where the row need not be. */
const updateMetric: StepKind = {
  weight: 3,
  make({ random }) {
    const id = random.int(1, ROWS.metrics)
    const table = random.pick(['metrics', 'metrics', ...REGIONS.map(region => `metrics_${region}`)])
    const text = `UPDATE ${table} SET version = nextval('versions') WHERE id = $1 RETURNING id, region, version`
    return step(`update ${table}`, text, {
      values: [id],
      scope: { registers: [`metric:${id}`] },
      changes: metricChanges,
    })
  },
}

/** The row leaves one partition for another. */
const moveMetric: StepKind = {
  weight: 2,
  make({ random }) {
    const id = random.int(1, ROWS.metrics)
    const text = `UPDATE metrics SET version = nextval('versions'), region = $2 WHERE id = $1 RETURNING id, region, version`
    return step('move metric', text, {
      values: [id, random.pick(REGIONS)],
      scope: { registers: [`metric:${id}`] },
      changes: metricChanges,
    })
  },
}

/** Of a table that is emptied now and then. */
const updateNote: StepKind = {
  weight: 4,
  make({ random }) {
    const id = random.int(1, ROWS.notes)
    const text = `UPDATE notes SET version = nextval('versions') WHERE id = $1 RETURNING id, version`
    return step('update note', text, {
      values: [id],
      scope: { registers: [`note:${id}`] },
      changes: noteChanges,
    })
  },
}

/** Makes an absence that may have been cached untrue. */
const insertNote: StepKind = {
  weight: 2,
  make(context) {
    const id = ownKey(context, ROWS.notes)
    const text = `INSERT INTO notes VALUES ($1, nextval('versions')) ON CONFLICT DO NOTHING RETURNING id, version`
    const claim = `note:${id}`
    return step('insert note', text, {
      values: [id],
      scope: { registers: [claim] },
      changes: noteChanges,
      claim,
    })
  },
}

/** A row that may come back. */
const deleteNote: StepKind = {
  weight: 1,
  make(context) {
    const id = ownKey(context, ROWS.notes)
    const claim = `note:${id}`
    return step(
      'delete note',
      `DELETE FROM notes WHERE id = $1 RETURNING id, nextval('versions') AS version`,
      {
        values: [id],
        scope: { registers: [claim] },
        changes: changesOf('note', () => null),
        claim,
      },
    )
  },
}

/** Statements on everything but items and parts. */
export const OTHER_WRITES: readonly StepKind[] = [
  updateOwner,
  updateOwners,
  updateOrder,
  updateOrders,
  updateMetric,
  moveMetric,
  updateNote,
  insertNote,
  deleteNote,
]

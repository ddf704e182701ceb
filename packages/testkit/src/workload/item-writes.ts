import type { Change } from '../history/events.js'
import type { Row } from './subject.js'
import { ROWS } from './tables.js'
import { changesOf, ownKey, type StepKind, step, type WriteContext } from './write-step.js'

/** What a statement on items returns: where the row is now, and its version. */
const ITEM = 'id, version, owner_id'
const itemChanges = changesOf('item', row => `owner:${row.owner_id}`)
const partChanges = changesOf('part', row => `item:${row.item_id}`)
/** Rows of a RETURNING that are gone; their version is drawn after they were deleted. */
const gone = (table: string): ((rows: readonly Row[]) => Change[]) => changesOf(table, () => null)

/** A statement on one item, chosen by anybody: the item's version, owner or both change. */
function onItem(
  weight: number,
  given: { name: string; text: string; values?: (context: WriteContext) => unknown[] },
): StepKind {
  return {
    weight,
    make(context) {
      const id = context.random.int(1, ROWS.items)
      const values = [id, ...(given.values?.(context) ?? [])]
      return step(given.name, given.text, {
        values,
        scope: { registers: [`item:${id}`] },
        changes: itemChanges,
      })
    },
  }
}

/** By a unique column that is not the key. */
const updateByName: StepKind = {
  weight: 4,
  make({ random }) {
    const id = random.int(1, ROWS.items)
    const text = `UPDATE items SET version = nextval('versions') WHERE name = $1 RETURNING ${ITEM}`
    const scope = { registers: [`item:${id}`] }
    return step('update item by name', text, { values: [`item-${id}`], scope, changes: itemChanges })
  },
}

/** Several rows by a foreign key; which ones, only the database knows. */
const updateOfOwner: StepKind = {
  weight: 2,
  make({ random }) {
    const owner = random.int(1, ROWS.owners)
    const text = `UPDATE items SET version = nextval('versions') WHERE owner_id = $1 RETURNING ${ITEM}`
    return step('update items of owner', text, {
      values: [owner],
      scope: { tables: ['item'] },
      changes: itemChanges,
    })
  },
}

/** Makes an absence that may have been cached untrue. */
const insertItem: StepKind = {
  weight: 5,
  make(context) {
    const id = ownKey(context, ROWS.items)
    const text = `INSERT INTO items (id, name, owner_id, version) VALUES ($1, $2, $3, nextval('versions'))
      ON CONFLICT DO NOTHING RETURNING ${ITEM}`
    const claim = `item:${id}`
    return step('insert item', text, {
      values: [id, `item-${id}`, context.random.int(1, ROWS.owners)],
      scope: { registers: [claim] },
      changes: itemChanges,
      claim,
    })
  },
}

/** Inserts, or updates and perhaps moves: the writer does not know which. */
const upsertItem: StepKind = {
  weight: 3,
  make(context) {
    const id = ownKey(context, ROWS.items)
    const text = `INSERT INTO items AS i (id, name, owner_id, version) VALUES ($1, $2, $3, nextval('versions'))
      ON CONFLICT (id) DO UPDATE SET version = nextval('versions'), owner_id = excluded.owner_id RETURNING ${ITEM}`
    const claim = `item:${id}`
    return step('upsert item', text, {
      values: [id, `item-${id}`, context.random.int(1, ROWS.owners)],
      scope: { registers: [claim] },
      changes: itemChanges,
      claim,
    })
  },
}

/** Its parts go with it, without being told. */
const deleteItem: StepKind = {
  weight: 2,
  make(context) {
    const id = ownKey(context, ROWS.items)
    const claim = `item:${id}`
    return step(
      'delete item',
      `DELETE FROM items WHERE id = $1 RETURNING id, nextval('versions') AS version`,
      {
        values: [id],
        scope: { registers: [claim], cascades: [claim] },
        changes: gone('item'),
        cascades: [claim],
        claim,
      },
    )
  },
}

/** Keys of parts are never used again, so a part that is gone stays gone. */
const insertPart: StepKind = {
  weight: 5,
  make({ random }) {
    const text = `INSERT INTO parts (id, item_id, version) VALUES (nextval('versions'), $1, nextval('versions'))
      RETURNING id, item_id, version`
    const values = [random.int(1, ROWS.items)]
    return step('insert part', text, { values, scope: { tables: ['part'] }, changes: partChanges })
  },
}

/** Several rows, none of which the writer knows. */
const updateParts: StepKind = {
  weight: 3,
  make({ random }) {
    const text = `UPDATE parts SET version = nextval('versions') WHERE item_id = $1 RETURNING id, item_id, version`
    const values = [random.int(1, ROWS.items)]
    return step('update parts of item', text, { values, scope: { tables: ['part'] }, changes: partChanges })
  },
}

/** All parts of an item, whose keys the writer does not know. */
const deleteParts: StepKind = {
  weight: 2,
  make({ random }) {
    const id = random.int(1, ROWS.items)
    const text = `DELETE FROM parts WHERE item_id = $1 RETURNING id, nextval('versions') AS version`
    return step('delete parts of item', text, {
      values: [id],
      scope: { tables: ['part'], cascades: [`item:${id}`] },
      changes: gone('part'),
    })
  },
}

/** Statements on items and their parts. */
export const ITEM_WRITES: readonly StepKind[] = [
  onItem(8, {
    name: 'update item',
    text: `UPDATE items SET version = nextval('versions') WHERE id = $1 RETURNING ${ITEM}`,
  }),
  onItem(4, {
    name: 'move item',
    text: `UPDATE items SET version = nextval('versions'), owner_id = $2 WHERE id = $1 RETURNING ${ITEM}`,
    values: ({ random }) => [random.int(1, ROWS.owners)],
  }),
  onItem(2, {
    name: 'update item in a CTE',
    text: `WITH changed AS (UPDATE items SET version = nextval('versions') WHERE id = $1 RETURNING ${ITEM})
      SELECT ${ITEM} FROM changed`,
  }),
  onItem(2, { name: 'update item by function', text: `SELECT ${ITEM} FROM bump_item($1)` }),
  updateByName,
  updateOfOwner,
  insertItem,
  upsertItem,
  deleteItem,
  insertPart,
  updateParts,
  deleteParts,
]

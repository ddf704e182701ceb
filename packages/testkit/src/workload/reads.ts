import type { Read } from '../history/events.js'
import type { SeededRandom } from '../random.js'
import { type Answer, type Row, rowsOf } from './subject.js'
import { REGIONS, ROWS } from './tables.js'

/** What a read tells of the registers. */
export type Sight = Pick<Read, 'seen' | 'complete' | 'sum'>

/** A kind of read. */
export interface ReadKind {
  readonly name: string
  /** SQL. */
  readonly text: string
  /** How often it is chosen, relative to the others. */
  readonly weight: number
  /** Parameters, drawn at random. */
  values(random: SeededRandom): unknown[]
  /** What rows under these parameters tell. */
  sight(rows: readonly Row[], values: readonly unknown[], answer: Answer): Sight
}

/** What a sight says of registers one by one. */
type Seen = Record<string, number | null>

/** Versions of rows of one table: `id` and `version`. */
function versions(table: string, rows: readonly Row[]): Seen {
  return Object.fromEntries(rows.map(({ id, version }) => [`${table}:${id}`, Number(version)]))
}

/** A read that names its keys: one that returned no row was gone. */
function byKey(
  table: string,
  where: { kind: Pick<ReadKind, 'name' | 'text' | 'weight'>; rows: number },
): ReadKind {
  return {
    ...where.kind,
    values: random => [random.int(1, where.rows)],
    sight: (rows, [id]) => ({ seen: { [`${table}:${id}`]: null, ...versions(table, rows) } }),
  }
}

/** A read of all rows of a table or of a group of it. */
function ofGroup(
  table: string,
  given: {
    kind: Pick<ReadKind, 'name' | 'text' | 'weight'>
    group?: string
    choose?: (random: SeededRandom) => unknown
  },
): ReadKind {
  const { kind, group, choose } = given
  return {
    ...kind,
    values: random => (choose ? [choose(random)] : []),
    sight: (rows, [value]) => ({
      seen: versions(table, rows),
      complete: group === undefined ? { table } : { table, group: `${group}:${value}` },
    }),
  }
}

/** The key of an item, whether or not there is one. */
const anyItem = (random: SeededRandom): number => random.int(1, ROWS.items)
/** The key of an owner; owners never vanish. */
const anyOwner = (random: SeededRandom): number => random.int(1, ROWS.owners)

/** The item and what is joined to it; every row repeats the item. */
function joined(table: string, rows: readonly Row[]): Seen {
  const others = rows.filter(row => row.other_id !== null)
  return versions(
    table,
    others.map(({ other_id, other_version }) => ({ id: other_id, version: other_version })),
  )
}

/** Depends on rows of two tables; without the item there is no row at all. */
const itemWithParts: ReadKind = {
  name: 'item with parts',
  text: `SELECT i.id, i.version, p.id AS other_id, p.version AS other_version
    FROM items i LEFT JOIN parts p ON p.item_id = i.id WHERE i.id = $1`,
  weight: 4,
  values: random => [anyItem(random)],
  sight: (rows, [id]) => ({
    seen: { [`item:${id}`]: null, ...versions('item', rows), ...joined('part', rows) },
    complete: { table: 'part', group: `item:${id}` },
  }),
}

/** A join from a row found by a unique text to a row that nobody named. */
const itemWithOwner: ReadKind = {
  name: 'item with owner',
  text: `SELECT i.id, i.version, o.id AS other_id, o.version AS other_version
    FROM items i JOIN owners o ON o.id = i.owner_id WHERE i.name = $1`,
  weight: 3,
  values: random => [`item-${anyItem(random)}`],
  sight: (rows, [name]) => ({
    seen: { [itemNamed(name)]: null, ...versions('item', rows), ...joined('owner', rows) },
  }),
}

/** By a unique column of text. */
const itemByName: ReadKind = {
  name: 'item by name',
  text: 'SELECT id, version, owner_id FROM items WHERE name = $1',
  weight: 6,
  values: random => [`item-${anyItem(random)}`],
  sight: (rows, [name]) => ({ seen: { [itemNamed(name)]: null, ...versions('item', rows) } }),
}

/** The register of the item with this name. */
function itemNamed(name: unknown): string {
  return String(name).replace('item-', 'item:')
}

/** Several keys at once; each may be absent. */
const severalItems: ReadKind = {
  name: 'several items',
  text: 'SELECT id, version FROM items WHERE id = ANY($1::int[])',
  weight: 2,
  values: random => [[anyItem(random), anyItem(random)]],
  sight: (rows, [ids]) => ({
    seen: {
      ...Object.fromEntries((ids as number[]).map(id => [`item:${id}`, null])),
      ...versions('item', rows),
    },
  }),
}

/** One value that depends on every row. */
const itemsAggregated: ReadKind = {
  name: 'items aggregated',
  text: 'SELECT json_object_agg(id, version) AS versions FROM items',
  weight: 2,
  values: () => [],
  sight: ([row]) => ({
    seen: Object.fromEntries(Object.entries(row?.versions ?? {}).map(([id, v]) => [`item:${id}`, Number(v)])),
    complete: { table: 'item' },
  }),
}

/** A sum of versions that only rise. */
const ownersSum: ReadKind = {
  name: 'sum of owners',
  text: 'SELECT sum(version) AS total FROM owners',
  weight: 2,
  values: () => [],
  sight: ([row]) => ({ seen: {}, sum: { table: 'owner', total: Number(row?.total) } }),
}

/** The column that was added last tells how often the table was altered. */
const itemColumns: ReadKind = {
  name: 'columns of items',
  text: 'SELECT * FROM items LIMIT 1',
  weight: 1,
  values: () => [],
  sight: (_rows, _values, { fields }) => {
    const added = fields.map(({ name }) => Number(/^added_(\d+)$/.exec(name)?.[1] ?? 0))
    return { seen: { 'shape:items': Math.max(...added) || null } }
  },
}

/** Every kind of read. */
export const READS: readonly ReadKind[] = [
  byKey('item', {
    kind: { name: 'item by id', text: 'SELECT id, version, owner_id FROM items WHERE id = $1', weight: 12 },
    rows: ROWS.items,
  }),
  itemByName,
  ofGroup('item', {
    kind: { name: 'items by owner', text: 'SELECT id, version FROM items WHERE owner_id = $1', weight: 6 },
    group: 'owner',
    choose: anyOwner,
  }),
  ofGroup('item', {
    kind: { name: 'all items', text: 'SELECT id, version FROM items ORDER BY id', weight: 2 },
  }),
  severalItems,
  itemsAggregated,
  itemWithParts,
  itemWithOwner,
  itemColumns,
  ofGroup('part', {
    kind: { name: 'parts by item', text: 'SELECT id, version FROM parts WHERE item_id = $1', weight: 5 },
    group: 'item',
    choose: anyItem,
  }),
  ofGroup('part', { kind: { name: 'all parts', text: 'SELECT id, version FROM parts', weight: 1 } }),
  ownersSum,
  byKey('owner', {
    kind: { name: 'owner by id', text: 'SELECT id, version FROM owners WHERE id = $1', weight: 2 },
    rows: ROWS.owners,
  }),
  byKey('total', {
    kind: { name: 'total by id', text: 'SELECT id, version FROM totals WHERE id = $1', weight: 4 },
    rows: ROWS.totals,
  }),
  byKey('order', {
    kind: { name: 'order by id', text: 'SELECT id, version FROM orders WHERE id = $1', weight: 2 },
    rows: ROWS.orders,
  }),
  byKey('metric', {
    kind: { name: 'metric by id', text: 'SELECT id, version FROM metrics WHERE id = $1', weight: 3 },
    rows: ROWS.metrics,
  }),
  ofGroup('metric', {
    kind: { name: 'metrics by region', text: 'SELECT id, version FROM metrics WHERE region = $1', weight: 2 },
    group: 'region',
    choose: random => random.pick(REGIONS),
  }),
  ...REGIONS.map(region => partition(region)),
  byKey('note', {
    kind: { name: 'note by id', text: 'SELECT id, version FROM notes WHERE id = $1', weight: 4 },
    rows: ROWS.notes,
  }),
  ofGroup('note', { kind: { name: 'all notes', text: 'SELECT id, version FROM notes', weight: 1 } }),
]

/** A partition read by its own name. */
function partition(region: string): ReadKind {
  return {
    name: `metrics in ${region}`,
    text: `SELECT id, version FROM metrics_${region}`,
    weight: 1,
    values: () => [],
    sight: rows => ({
      seen: versions('metric', rows),
      complete: { table: 'metric', group: `region:${region}` },
    }),
  }
}

/** What an answer to a read tells of the registers. */
export function sightOf(kind: ReadKind, values: readonly unknown[], answer: Answer): Sight {
  return kind.sight(rowsOf(answer), values, answer)
}

import type { Attribution, TableInfo, WriteTarget } from '../sql/plan.js'
import { OF_DEFINITIONS, type TableCount } from './change-counts.js'
import { anyTag, valueTag, wholeTag } from './tag-names.js'

/** More rows than this in one table, and the whole table counts as changed: marking costs a key for each. */
const MOST_TAGS_PER_TABLE = 500

/** What one table went through in a transaction. */
interface TableChanges {
  readonly table: TableInfo
  /** Written rows whose tags are known. */
  rows: number
  readonly tags: Set<string>
  whole: boolean
}

/** Writes down what a transaction changes, so that its tags are known before it commits. Pure. */
export class WriteLedger {
  readonly #changes = new Map<number, TableChanges>()
  /** The server's counts when the transaction began to write: what counts is the difference. */
  baseline: ReadonlyMap<number, TableCount> | undefined
  /** Whether a statement may have written. */
  dirty = false
  /** Whether definitions change, so that everything counts as changed. */
  definitions = false
  /** Whether nobody counts what changes, so that everything counts as changed. */
  uncounted = false

  /** Notes targets about which nothing more is known. */
  noteWhole(targets: readonly WriteTarget[]): void {
    this.dirty = true
    for (const { table } of targets) this.#of(table).whole = true
  }

  /** Notes rows by the hidden columns that came with them. */
  noteRows(attribution: Attribution, rows: readonly (readonly (string | null)[])[]): void {
    this.dirty = true
    const changes = this.#of(attribution.table)
    for (const row of rows) noteRow(changes, attribution, row)
  }

  /** Whether the server has counted changes to definitions since the transaction began to write. */
  changedDefinitions(counts: ReadonlyMap<number, TableCount>): boolean {
    const now = counts.get(OF_DEFINITIONS)?.rows ?? 0n
    return now > (this.baseline?.get(OF_DEFINITIONS)?.rows ?? 0n)
  }

  /**
   * The names of the tags that the transaction changes.
   *
   * @param tables every opted-in table
   * @param counts of each table by oid, as the server has them now
   */
  tags(tables: readonly TableInfo[], counts: ReadonlyMap<number, TableCount>): string[] {
    return tables.flatMap(table => this.#tagsOf(table, counts.get(table.oid)))
  }

  #tagsOf(table: TableInfo, count: TableCount | undefined): string[] {
    const changes = this.#changes.get(table.oid)
    const before = this.baseline?.get(table.oid)
    const counted = count === undefined ? 0n : count.rows - (before?.rows ?? 0n)
    const rewritten = before !== undefined && count?.filenode !== before.filenode
    const hidden = counted > BigInt(changes?.rows ?? 0)
    if (this.definitions || this.uncounted || changes?.whole || rewritten || hidden) return [wholeTag(table)]
    return changes === undefined || changes.rows === 0 ? [] : [anyTag(table), ...changes.tags]
  }

  #of(table: TableInfo): TableChanges {
    const known = this.#changes.get(table.oid)
    if (known !== undefined) return known
    const changes = { table, rows: 0, tags: new Set<string>(), whole: false }
    this.#changes.set(table.oid, changes)
    return changes
  }
}

function noteRow(changes: TableChanges, { columns }: Attribution, row: readonly (string | null)[]): void {
  changes.rows++
  for (const [index, column] of columns.entries()) {
    const text = row[index]
    // An equality never holds for NULL.
    if (text === null || text === undefined) continue
    const tag = valueTag(changes.table, column, text)
    if (tag === undefined) changes.whole = true
    else changes.tags.add(tag)
  }
  if (changes.tags.size > MOST_TAGS_PER_TABLE) {
    changes.whole = true
    changes.tags.clear()
  }
}

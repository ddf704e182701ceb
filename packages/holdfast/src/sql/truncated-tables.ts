import type { Catalog } from './catalog.js'
import { bodyOf, type Tagged } from './parse.js'
import type { TableInfo } from './plan.js'
import { type RangeVar, resolve } from './relation-read.js'

/** The opted-in tables that TRUNCATE empties: with CASCADE also those that refer to them, through any table. */
export function truncatedTables(body: Tagged, catalog: Catalog): TableInfo[] {
  const oids = new Set<number>()
  for (const node of (body.relations as Tagged[] | undefined) ?? []) {
    const relation = resolve(bodyOf<RangeVar>(node, 'RangeVar') ?? {}, catalog)
    if (relation === undefined || relation === 'system') continue
    for (const root of catalog.rootsOf(relation.facts.oid)) oids.add(root)
  }
  if (body.behavior === 'DROP_CASCADE') addReferring(oids, catalog)
  return [...new Set([...oids].flatMap(oid => catalog.members.get(oid)?.table ?? []))]
}

function addReferring(oids: Set<number>, catalog: Catalog): void {
  // The set grows while it is gone through.
  for (const oid of oids) {
    for (const { from, to } of catalog.foreignKeys) {
      if (!catalog.rootsOf(to).includes(oid)) continue
      for (const root of catalog.rootsOf(from)) oids.add(root)
    }
  }
}

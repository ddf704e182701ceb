import { bodyOf, namesOf, type Tagged, untag } from './parse.js'
import { readRelation } from './relation-read.js'
import { besides, EMPTY_SCOPE, type Merge, type Scope, type Source, scopeOf } from './scope.js'
import type { Place, Walk } from './walk.js'

/** What the walk through a FROM list shares. */
export interface FromContext {
  readonly place: Place
  /** What stands to the left of an item: functions and LATERAL sub-queries can see it. */
  readonly siblings?: Scope
  readonly walk: Walk
}

interface Join {
  readonly jointype?: string
  readonly isNatural?: boolean
  readonly larg?: Tagged
  readonly rarg?: Tagged
  readonly usingClause?: readonly Tagged[]
  readonly join_using_alias?: { readonly aliasname?: string }
  readonly quals?: Tagged
  readonly alias?: object
}

/** Which rows a join keeps without a partner, and so which side's rows its condition can exclude. */
const BOUND_SIDES: Readonly<Record<string, { left: boolean; right: boolean; merged: Merge['side'] }>> = {
  JOIN_INNER: { left: true, right: true, merged: 'left' },
  JOIN_LEFT: { left: false, right: true, merged: 'left' },
  JOIN_RIGHT: { left: true, right: false, merged: 'right' },
  JOIN_FULL: { left: false, right: false, merged: undefined },
}

/** Walks a FROM list: records what is read, takes what the joins demand, and says what names mean. */
export function fromClause(items: unknown, context: FromContext): Scope {
  let scope = EMPTY_SCOPE
  for (const item of Array.isArray(items) ? items : []) {
    scope = besides(scope, fromItem(item, withSiblings(context, scope)))
  }
  return scope
}

/** One item of a FROM list, with everything that is joined to it. */
function fromItem(node: unknown, context: FromContext): Scope {
  const found = untag(node)
  if (found === undefined) return EMPTY_SCOPE
  const [tag, body] = found
  if (tag === 'JoinExpr') return join(body, context)
  const { alias, columns } = aliasOf(body)
  if (tag === 'RangeVar') {
    const source = readRelation(body, context.place, context.walk)
    return scopeOf(alias ?? String(body.relname), columns ? { ...source, columns: undefined } : source)
  }
  const { place, walk, siblings = EMPTY_SCOPE } = context
  const isLateral = tag !== 'RangeSubselect' || body.lateral === true
  walk.visit(node, { ...place, scope: isLateral ? { ...siblings, outer: place.scope } : place.scope })
  return scopeOf(alias ?? ownName(tag, body), unknownSource())
}

function withSiblings({ place, walk, siblings = EMPTY_SCOPE }: FromContext, more: Scope): FromContext {
  return { walk, place, siblings: besides(siblings, more) }
}

/** The name of an item that was given none. */
function ownName(tag: string, body: Tagged): string | undefined {
  if (tag === 'RangeTableFunc') return 'xmltable'
  if (tag === 'JsonTable') return 'json_table'
  const [first] = (body.functions as Tagged[] | undefined) ?? []
  const [call] = bodyOf<{ items?: unknown[] }>(first, 'List')?.items ?? []
  return namesOf(bodyOf(call, 'FuncCall')?.funcname).at(-1)
}

/** The alias of an item, and whether it renames the columns too. */
function aliasOf(body: Tagged): { alias: string | undefined; columns: boolean } {
  const alias = body.alias as { aliasname?: string; colnames?: unknown[] } | undefined
  return { alias: alias?.aliasname, columns: alias?.colnames !== undefined }
}

function unknownSource(): Source {
  return { schema: undefined, columns: undefined, read: undefined }
}

/** A join of two items; both may be joins themselves. */
function join(body: Join & Tagged, context: FromContext): Scope {
  const left = fromItem(body.larg, context)
  const right = fromItem(body.rarg, withSiblings(context, left))
  const bound = BOUND_SIDES[body.jointype ?? '']
  if (bound === undefined) {
    context.place.findings.refuse('not-understood', `The analysis does not know the join ${body.jointype}`)
    return besides(left, right)
  }
  const names = mergedNames(body, left, right)
  const scope = besides(left, right, { names, side: bound.merged })
  demand({ body, left, right, scope, bound, names }, context)
  // Behind an alias the items of a join cannot be named any more, and its columns are its own.
  if (body.alias !== undefined) return scopeOf(aliasOf(body).alias, unknownSource())
  return body.join_using_alias === undefined
    ? scope
    : besides(scope, scopeOf(body.join_using_alias.aliasname, unknownSource()))
}

/** The columns that both sides have and that the join makes one; nothing certain where columns are unknown. */
function mergedNames(body: Join, left: Scope, right: Scope): string[] {
  if (body.isNatural !== true) return namesOf(body.usingClause).flatMap(name => name ?? [])
  return [...(left.columns?.keys() ?? [])].filter(name => right.columns?.has(name))
}

interface Demand {
  readonly body: Join
  readonly left: Scope
  readonly right: Scope
  readonly scope: Scope
  readonly bound: { readonly left: boolean; readonly right: boolean }
  readonly names: readonly string[]
}

/** Takes the condition of a join. */
function demand({ body, left, right, scope, bound, names }: Demand, context: FromContext): void {
  const leftSources = new Set(left.sources.values())
  const rightSources = new Set(right.sources.values())
  const binds = (source: Source) =>
    (bound.left && leftSources.has(source)) || (bound.right && rightSources.has(source))
  if (body.quals !== undefined) {
    context.walk.visit(body.quals, { ...context.place, scope: { ...scope, outer: context.place.scope } })
    context.place.constraints.add({ node: body.quals, scope, binds })
  }
  for (const name of names) {
    const from = left.columns?.get(name)
    const to = right.columns?.get(name)
    if (from === undefined || to === undefined) continue
    if (bound.right) context.place.constraints.link(from, to)
    if (bound.left) context.place.constraints.link(to, from)
  }
}

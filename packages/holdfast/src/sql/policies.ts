import type { FunctionFacts } from './catalog-facts.js'
import { Constraints } from './constraints.js'
import { Findings } from './findings.js'
import { parse } from './parse.js'
import type { TableInfo } from './plan.js'
import type { Place, Walk } from './walk.js'

/** Functions that call functions, further than anybody would go. */
const DEEPEST = 32

/**
 * Notes what the policies of a table read, because they decide which rows a query sees as its own conditions do. Under
 * an identity what they ask of the session, role and claims, is part of every key.
 */
export function followPolicies(table: TableInfo, place: Place, walk: Walk): void {
  const { catalog, findings } = place
  if (!catalog.followsPolicies || findings.followed.has(`table ${table.oid}`)) return
  findings.followed.add(`table ${table.oid}`)
  for (const query of catalog.policiesOf(table.oid)) {
    follow({ query, what: `A policy on ${table.name}`, itself: table }, place, walk)
  }
}

/** Notes what a function reads that a policy calls. It has to be written in SQL, and to promise that it changes nothing. */
export function followFunction({ schema, name, volatility, bodies }: FunctionFacts, place: Place): void {
  const { findings, policyWalk } = place
  const full = `${schema}.${name}`
  if (volatility === 'v' || policyWalk === undefined || bodies === null || bodies === undefined) {
    const why = volatility === 'v' ? 'is volatile' : 'is not written in SQL that can be followed'
    return findings.refuse('row-level-security', `The function ${full} ${why}`)
  }
  if (findings.followed.has(`function ${full}`)) return
  findings.followed.add(`function ${full}`)
  for (const query of bodies) follow({ query, what: `The function ${full}` }, place, policyWalk)
}

interface Followed {
  readonly query: string
  readonly what: string
  /** The table that the query first reads only to say what its condition is about: rows that are read anyway. */
  readonly itself?: TableInfo
}

/** Walks a query in its own world; nothing in it narrows what the query that is analyzed depends on. */
function follow({ query, what, itself }: Followed, place: Place, walk: Walk): void {
  const { catalog, findings, depth } = place
  const { statements = [] } = parse(query)
  const isRead = statements.length > 0 && statements.every(({ tag }) => tag === 'SelectStmt')
  if (!isRead || depth >= DEEPEST)
    return findings.refuse('row-level-security', `${what} is not understood by the analysis`)
  const own = new Findings(findings.followed)
  const inside = { catalog, findings: own, constraints: new Constraints(catalog), depth: depth + 1 }
  for (const { tag, body } of statements) {
    walk.enter(tag, body, { ...inside, withNames: undefined, scope: undefined, policyWalk: walk })
  }
  findings.readsClaims ||= own.readsClaims
  const [first, ...others] = own.reads
  const reads = first?.table === itself ? others : own.reads
  for (const { table } of reads) findings.reads.push({ table, equalities: [] })
  const { uncacheable, detail } = own.verdict()
  if (uncacheable !== undefined)
    findings.refuse('row-level-security', `${what} cannot be followed: ${detail}`)
}

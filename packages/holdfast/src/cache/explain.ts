import type { Consistency } from '../base/cache-options.js'
import type { TextPlan } from '../sql/plan.js'
import type { BypassReason } from './cache-info.js'
import type { KnownStatement } from './statements.js'
import { readTags } from './tag-names.js'

/** What the cache does with a text of SQL, for people. */
export interface Explanation {
  readonly cacheable: boolean
  /** Why not. */
  readonly reason?: BypassReason
  /** A sentence that names what stands in the way. */
  readonly detail?: string
  /** `read`, or what kind of statement it is otherwise. */
  readonly kind: TextPlan['kind']
  /** The tables it depends on, each with the condition that narrows it. */
  readonly dependsOn: readonly string[]
  /** The tables it writes, when it is a write. */
  readonly writes: readonly string[]
  /** The tags of the result, when the parameters are given. */
  readonly tags: readonly string[]
  readonly consistency: Consistency
  /** Milliseconds. */
  readonly ttl?: number
}

/** Says what is known of a statement. */
export function explain(
  { plan, rules }: KnownStatement,
  { values, consistency }: { values: readonly unknown[] | undefined; consistency: Consistency },
): Explanation {
  const base = { kind: plan.kind, consistency, dependsOn: [], writes: writtenBy(plan), tags: [] }
  if (plan.kind !== 'read') return { ...base, cacheable: false, reason: 'not-a-select' }
  const dependsOn = plan.dependencies.map(({ table, equality }) => {
    const name = `${table.schema}.${table.name}`
    return equality === undefined ? name : `${name} by ${equality.column.name}`
  })
  if (rules === undefined) {
    const reason = plan.uncacheable ?? 'table-not-opted-in'
    return { ...base, cacheable: false, reason, dependsOn, ...(plan.detail && { detail: plan.detail }) }
  }
  const tags = readTags(rules.dependencies, values, new Set())
  return { ...base, cacheable: true, dependsOn, tags, ttl: rules.ttl }
}

function writtenBy(plan: TextPlan): string[] {
  if (plan.kind !== 'write' && plan.kind !== 'batch') return []
  return plan.targets.map(({ table, operation }) => `${operation} ${table.schema}.${table.name}`)
}

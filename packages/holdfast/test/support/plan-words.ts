import type { ReadDependency, ReadPlan, TextPlan, WritePlan } from '../../dist/sql/plan.js'

/** A plan in a few words, for tables of tests: `read users.id=$1 sessions | time-dependent`. */
export function planWords(plan: TextPlan): string {
  if (plan.kind === 'read') return readWords(plan)
  if (plan.kind === 'write') return writeWords(plan)
  if (plan.kind === 'control') return `control ${plan.action}${plan.chain ? ' and chain' : ''}`
  const may = plan.kind === 'batch' && [
    plan.mayWrite && 'writes',
    ...plan.targets.map(each => each.table.name),
  ]
  const definitions = 'changesDefinitions' in plan && plan.changesDefinitions && 'definitions'
  return words([plan.kind, ...(may || []), definitions, plan.changesSession && 'session'])
}

function readWords({ dependencies, uncacheable }: ReadPlan): string {
  return words(['read', ...dependencies.map(dependencyWords), uncacheable && `| ${uncacheable}`])
}

function dependencyWords({ table, equality }: ReadDependency): string {
  if (equality === undefined) return table.name
  const { column, operand } = equality
  return `${table.name}.${column.name}=${operand.kind === 'parameter' ? `$${operand.index}` : operand.text}`
}

function writeWords({ targets, attribution, changesDefinitions, changesSession }: WritePlan): string {
  const columns = attribution && `by ${attribution.columns.map(column => column.name).join(',')}`
  return words([
    'write',
    ...targets.map(({ table, operation }) => `${operation}:${table.name}`),
    columns,
    changesDefinitions && 'definitions',
    changesSession && 'session',
  ])
}

function words(list: readonly (string | false | undefined)[]): string {
  return list.filter(Boolean).join(' ')
}

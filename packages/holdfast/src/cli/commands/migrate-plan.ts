import type { Command } from '../command.js'
import { withPool } from '../database-options.js'
import { MIGRATION_OPTIONS } from '../migration-options.js'
import { printPlan } from '../migration-plan.js'
import { printTrace, TRACE_OPTION } from '../migration-trace.js'

/** `holdfast migrate plan`. */
export const migratePlan: Command = {
  name: 'migrate plan',
  summary: 'Show what "migrate up" would apply, and in which way',
  usage: '[options]',
  about: 'The database is only read.',
  options: [...MIGRATION_OPTIONS, TRACE_OPTION],
  examples: [
    { line: 'holdfast migrate plan', about: 'the pending files' },
    { line: 'holdfast migrate plan --trace', about: 'with the locks that each of their statements takes' },
  ],
  run: context =>
    withPool(context, { max: 1 }, pool =>
      context.options.flag('trace') ? printTrace(context, pool) : printPlan(context, pool, false),
    ),
}

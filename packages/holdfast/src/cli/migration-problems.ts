import type { MigrationProblem } from '../index.js'
import type { Output } from './output.js'

/** Each problem with its remedy; nothing when there is none. */
export function printProblems(output: Output, problems: readonly MigrationProblem[]): void {
  for (const { kind, file, message, remedy } of problems) {
    output.line(`${output.paint('red', kind)}  ${file}: ${message}`)
    output.line(`  ${output.paint('dim', `→ ${remedy}`)}`)
  }
}

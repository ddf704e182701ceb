/**
 * Prints the claims of all cases as one table.
 *
 * @param {{ ok: boolean, seed: number, broken: string[], outcomes: import('./run-case.mjs').CaseOutcome[] }} verdict
 */
export function printVerdict({ ok, seed, broken, outcomes }) {
  const head = {
    fault: 'fault',
    measured: 'measured',
    pg: 'plain pg',
    holdfast: 'Holdfast',
    ratio: 'ratio',
    promise: 'promise',
    ok: '',
  }
  const claims = outcomes.flatMap(outcome => outcome.claims ?? [])
  const rows = [head, ...claims.map(claim => ({ ...claim, ok: claim.ok ? 'kept' : 'BROKEN' }))]
  const names = /** @type {(keyof typeof head)[]} */ (Object.keys(head))
  const widths = names.map(name => Math.max(...rows.map(row => row[name].length)))
  for (const row of rows) {
    console.log(
      names
        .map((name, column) => row[name].padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
  console.log(
    ok ? '\nEvery claim is met.' : `\nBroken:\n  ${broken.join('\n  ')}\nSeed ${seed} repeats the faults.`,
  )
}

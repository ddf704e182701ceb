/**
 * Prints a verdict for people.
 *
 * @param {import('./tally.mjs').Verdict} verdict
 */
export function printVerdict(verdict) {
  const { ok, seed, reads, found, bent, violations } = verdict
  const rows = [
    ['reads', String(reads)],
    ...rowsOf(verdict.origins),
    ['writes', ''],
    ...rowsOf(verdict.writes),
    ['failed writes', ''],
    ...rowsOf(verdict.failures),
    ['faults', ''],
    ...rowsOf(verdict.faults),
    ['failed reads', ''],
    ...rowsOf(verdict.errors),
    ['bent', String(bent)],
    ['violations', String(found)],
    ...rowsOf(verdict.kinds),
  ]
  for (const [name = '', value = ''] of rows) console.log(`${name.padEnd(44)}${value.padStart(10)}`)
  for (const story of violations.slice(0, 5)) console.log(`\n${tell(story)}`)
  console.log(ok ? '\nNo violation.' : `\n${found} violations. Seed ${seed} repeats the schedule.`)
}

/** @param {Record<string, number>} counts */
function rowsOf(counts) {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => [`  ${name}`, String(count)])
}

/** The whole story of one violation. @param {import('./tally.mjs').Story} story */
function tell({ kind, register, saw, missed, read, behind, faults }) {
  const { query, values, process, start, end, origin } = read
  const shown = saw === undefined ? 'without it' : saw === null ? 'gone' : `at version ${saw}`
  const at = (/** @type {number} */ time) => `${(time - start).toFixed(2)} ms`
  return [
    `${kind}: process ${process} read "${query}" ${JSON.stringify(values)} and found ${register} ${shown}`,
    `  the read took from 0 to ${at(end)}, ${JSON.stringify(origin ?? 'no cache')}`,
    ...missed.map(
      ({ version, group, by }) =>
        `  it missed version ${version} (${group ?? 'gone'}) by process ${by.process}, ${by.write} "${by.name}", ` +
        `from ${at(by.start)} to ${at(by.end)}`,
    ),
    ...(behind === undefined ? [] : [`  it was behind by ${behind.toFixed(2)} ms`]),
    ...faults.map(
      ({ name, target, from, to }) => `  fault ${name} on process ${target}, from ${at(from)} to ${at(to)}`,
    ),
  ].join('\n')
}

import { parseChaos, USAGE } from './chaos/options.mjs'
import { buildPackages, runCase } from './chaos/run-case.mjs'
import { printVerdict } from './chaos/verdict.mjs'

/** `npm run chaos [-- cases and options]`: breaks everything on purpose, beside plain pg, and checks what was promised. */

const parsed = parseChaos(process.argv.slice(2))
if (parsed.problem !== undefined) {
  console.error(`${parsed.problem}\n\n${USAGE}`)
  process.exitCode = 2
} else {
  const { options } = parsed
  console.error(`Seed ${options.seed}: ${options.cases.join(', ')}`)
  process.exitCode = buildPackages() || (await runAll(options))
}

/** @param {import('./chaos/options.mjs').ChaosOptions} options @returns {Promise<number>} the exit code */
async function runAll(options) {
  const outcomes = []
  for (const name of options.cases) outcomes.push(await runCase(name, options))
  const broken = outcomes.flatMap(outcome => outcome.broken)
  const verdict = { ok: broken.length === 0, seed: options.seed, quick: options.quick, broken, outcomes }
  if (options.json) console.log(JSON.stringify(verdict))
  else printVerdict(verdict)
  return verdict.ok ? 0 : 1
}

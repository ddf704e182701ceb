import { parseCommand, USAGE } from './coherence/options.mjs'
import { runCoherence } from './coherence/run.mjs'
import { printVerdict } from './coherence/verdict.mjs'

/** `npm run check:coherence [-- options]`: tries to catch the cache returning what it may not. */

const parsed = parseCommand(process.argv.slice(2))
if (parsed.problem !== undefined) {
  console.error(`${parsed.problem}\n\n${USAGE}`)
  process.exitCode = 2
} else {
  const { options } = parsed
  console.error(`Seed ${options.seed}, ${options.processes} processes, subject ${options.subject}`)
  const verdict = await runCoherence(options)
  if (options.json) console.log(JSON.stringify(verdict, null, 2))
  else printVerdict(verdict)
  process.exitCode = verdict.ok ? 0 : 1
}

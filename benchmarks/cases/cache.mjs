/**
 * Our cache against others, in one run on the same servers and data: what hits, misses and writes cost, and what
 * happens to rows that are written while they are read. The promises are in `cache/promises.mjs`.
 */
import { PACES } from '../cache/bench.mjs'
import { measureAll } from '../cache/measure-all.mjs'
import { describe, judge, PROMISES } from '../cache/promises.mjs'
import { asText } from '../cache/report.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'

const options = readOptions(process.argv.slice(2), {
  rounds: PACES.full.rounds,
  quickRounds: PACES.quick.rounds,
})
const { rounds } = options
const measured = await measureAll({ ...PACES[options.quick ? 'quick' : 'full'], rounds })
const { timed, counted } = judge(measured)
// The times of a quick run are there to be looked at: they are too short to hold against anybody.
const verdicts = options.quick ? counted : [...timed, ...counted]
const broken = verdicts.filter(({ holds }) => !holds).map(describe)
const machine = describeMachine()
const outcome = {
  benchmark: 'cache',
  ok: broken.length === 0,
  broken,
  promise: PROMISES,
  machine,
  rounds,
  ...measured,
  verdicts,
}
const title = `Medians of ${rounds} rounds (${machine.node}, ${machine.cores} × ${machine.processor})`
publish(outcome, { options, text: `${title}\n${asText(measured, verdicts)}` })

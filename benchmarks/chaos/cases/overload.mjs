/**
 * Three times as many calls as the database can serve. Promised: answers within the deadline for at least 90 % of what the
 * database can serve; what is turned away is turned away in under 20 ms; critical calls keep their latency.
 */
import { startPostgres } from '@holdfast/testkit'
import { measureOverload } from '../overload.mjs'
import { readCaseOptions } from '../run/options.mjs'
import { publishCase } from '../run/outcome.mjs'

/** @typedef {import('../overload.mjs').Overload} Overload */

const PROMISE = { goodput: 0.9, shedMillis: 20 }
/** How much longer a critical call may take than without the others: waiting for one statement to end, and the busy machine. */
const CRITICAL_MILLIS = 20

const options = readCaseOptions(process.argv.slice(2))
const server = await startPostgres()
try {
  const { quick, seed } = options
  publish(
    await measureOverload({ url: server.url, seed, ...(quick ? { seconds: 3 } : { seconds: 5, rounds: 3 }) }),
  )
} finally {
  await server[Symbol.asyncDispose]()
}

/** @param {{ pg: Overload, holdfast: Overload }} measured */
function publish({ pg: theirs, holdfast: ours }) {
  const base = { fault: 'overload × 3', ratio: '' }
  const more = ours.criticalLoaded.p99 - ours.criticalAlone.p99
  const claims = [
    {
      ...base,
      measured: 'goodput',
      pg: percent(theirs.goodputShare),
      holdfast: percent(ours.goodputShare),
      promise: `at least ${percent(PROMISE.goodput)} of capacity`,
      ok: ours.goodputShare >= PROMISE.goodput,
    },
    {
      ...base,
      measured: 'turned away within (p99)',
      pg: millis(theirs.shedLatencyP99),
      holdfast: millis(ours.shedLatencyP99),
      promise: `under ${PROMISE.shedMillis} ms`,
      ok: ours.shed > 0 && ours.shedLatencyP99 < PROMISE.shedMillis,
    },
    {
      ...base,
      measured: 'p99 of critical calls',
      pg: millis(theirs.criticalLoaded.p99),
      holdfast: millis(ours.criticalLoaded.p99),
      ratio: `${millis(more)} more`,
      promise: `at most ${CRITICAL_MILLIS} ms more than alone`,
      ok: ours.criticalFailed === 0 && more <= CRITICAL_MILLIS,
    },
  ]
  publishCase('overload', { claims, details: { pg: theirs, holdfast: ours }, json: options.json })
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(0)} %`
}

/** @param {number} value */
function millis(value) {
  return Number.isFinite(value) ? `${value.toFixed(1)} ms` : 'never'
}

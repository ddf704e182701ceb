import { setTimeout as delay } from 'node:timers/promises'
import { IDS, idsOf } from './data.mjs'

/** @typedef {{ one: number, four: number }} Stampedes queries that reached the database */

export const CALLERS = { one: 200, eachOfFour: 125 }

/** Milliseconds by which the database's answers come late: all callers have asked before the first has its answer. */
const LATE_ANSWER = 50
/** Milliseconds until every process has heard when to begin. */
const HEAD_START = 60

/**
 * Identical reads of a row that nobody has kept: in one process, and in four.
 *
 * @param {import('./coherence.mjs').Fleet} fleet
 * @param {() => Promise<number>} countLoads
 * @returns {Promise<Stampedes>}
 */
export async function measureStampedes({ processes, first, others }, countLoads) {
  const [alone = 0, together = 0] = idsOf(IDS.stampeded)
  const run = async (
    /** @type {typeof processes} */ members,
    /** @type {{ id: number, count: number }} */ reads,
  ) => {
    const before = await countLoads()
    const at = process.hrtime.bigint() + BigInt(HEAD_START * 1e6)
    await Promise.all(members.map(member => member.call('stampede', { ...reads, at })))
    // A statement is counted when it has ended, which may be after its answer.
    await delay(LATE_ANSWER)
    return (await countLoads()) - before
  }
  first.delay = LATE_ANSWER
  others.delay = LATE_ANSWER
  return {
    one: await run(processes.slice(0, 1), { id: alone, count: CALLERS.one }),
    four: await run(processes, { id: together, count: CALLERS.eachOfFour }),
  }
}

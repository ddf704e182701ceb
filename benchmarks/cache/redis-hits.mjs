import { countLoads } from '../measure/loads.mjs'
import { shuffledRounds } from '../measure/rounds.mjs'
import { median, pairedRatio } from '../measure/statistics.mjs'
import { loadRival, OURS, RIVAL_NAMES } from '../rivals/rival.mjs'
import { withContenders } from './bench.mjs'
import { IDS, idsOf } from './data.mjs'
import { expectHits, readsOf } from './memory-hits.mjs'

/**
 * @typedef {{ label: string, perSecond: number, cpuMicros: number, p99: number, slices: number[] }} RedisHits `cpuMicros`: processor
 *   time of the contender's process per hit; `p99` in milliseconds
 * @typedef {{ ratio: number, spread: [number, number] }} Ratio
 * @typedef {{ contenders: RedisHits[], fastestPeer: string, validated: Ratio, plain: Ratio }} RedisHitsResult
 *   paired ratios to the fastest peer: of hits in memory that Redis confirmed, and of hits in Redis
 */

export const CONCURRENCY = 64
/** Our two ways: entries in memory too, confirmed by Redis; and in Redis alone. */
export const OUR_LABELS = { validated: 'holdfast', plain: 'holdfast, Redis only' }

/**
 * Hits that Redis has a say in, at a concurrency of 64.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @returns {Promise<RedisHitsResult>}
 */
export async function measureRedisHits({ pace, admin, urls, forget }) {
  await forget()
  const ids = idsOf(IDS.hot)
  const load = { ids, concurrency: CONCURRENCY }
  return withContenders(await wanted(), urls, async contenders => {
    for (const contender of contenders.values()) {
      // Twice: what is loaded may reach Redis only after the answer.
      for (let time = 0; time < 2; time++) await contender.call('versions', { ids })
      await contender.call('warmUp', { ...load, millis: pace.warmUpMillis })
    }
    const before = await countLoads(admin)
    const results = await shuffledRounds([...contenders.keys()], {
      rounds: pace.rounds,
      slice: async label => {
        const contender = /** @type {import('../measure/contender.mjs').Contender} */ (contenders.get(label))
        return contender.call('concurrent', { ...load, millis: pace.sliceMillis })
      },
    })
    const loads = (await countLoads(admin)) - before
    expectHits({ loads, reads: readsOf([...results.values()].flat()) })
    return compare([...results].map(([label, slices]) => summary(label, slices)))
  })
}

/** Every rival that can keep entries in Redis alone, and ours in both ways. */
async function wanted() {
  /** @type {{ label: string, name: import('./bench.mjs').RivalName, tier: import('./bench.mjs').Tier }[]} */
  const list = [
    { label: OUR_LABELS.validated, name: OURS, tier: 'both' },
    { label: OUR_LABELS.plain, name: OURS, tier: 'redis' },
  ]
  for (const name of RIVAL_NAMES) {
    const { tiers } = await loadRival(name)
    if (name !== OURS && tiers.includes('redis')) list.push({ label: name, name, tier: 'redis' })
  }
  return list
}

/** @param {string} label @param {{ perSecond: number, cpuMicros: number, p99: number }[]} slices @returns {RedisHits} */
function summary(label, slices) {
  const perSecond = slices.map(slice => slice.perSecond)
  return {
    ...{ label, perSecond: median(perSecond), slices: perSecond },
    cpuMicros: median(slices.map(({ cpuMicros }) => cpuMicros)),
    p99: median(slices.map(({ p99 }) => p99)),
  }
}

/** @param {RedisHits[]} contenders @returns {RedisHitsResult} */
function compare(contenders) {
  const ours = Object.values(OUR_LABELS)
  const peers = contenders.filter(({ label }) => !ours.includes(label))
  const fastest = peers.reduce((best, peer) => (peer.perSecond > best.perSecond ? peer : best))
  /** @param {string} label */
  const ratio = label => {
    const slices = contenders.find(contender => contender.label === label)?.slices ?? []
    return pairedRatio(
      slices.map((value, round) => ({ ours: value, theirs: fastest.slices[round] ?? Number.NaN })),
    )
  }
  return {
    contenders,
    fastestPeer: fastest.label,
    validated: ratio(OUR_LABELS.validated),
    plain: ratio(OUR_LABELS.plain),
  }
}

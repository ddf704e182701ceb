import { median } from '../measure/statistics.mjs'

const CONCURRENCY = 8
const MILLIS = 400
const ROUNDS = 9
const TRIGGERS = ['insert', 'update', 'delete'].map(event => `trg_payments_count_${event}`)

/**
 * Payments a second with and without the triggers that keep the daily statistics, in turns, for payments to many creators
 * and to one, whose row of the day they all change.
 *
 * @param {import('@holdfast/digis').Digis} digis
 */
export async function throughputOf(digis) {
  const { rows } = await digis.query('SELECT id FROM sessions ORDER BY id DESC LIMIT 500')
  const many = rows.map(row => row.id)
  return [
    await compare(digis, 'to many creators', many),
    await compare(digis, 'to one creator', many.slice(0, 1)),
  ]
}

/** @param {import('@holdfast/digis').Digis} digis @param {string} name @param {number[]} sessions */
async function compare(digis, name, sessions) {
  /** @type {{ without: number, kept: number }[]} */
  const rounds = []
  for (let round = 0; round <= ROUNDS; round++) {
    // In the order A B B A, so that a machine which steadily slows down favours neither.
    const first = await perSecond(digis, sessions, 'DISABLE')
    const kept = (await perSecond(digis, sessions, 'ENABLE')) + (await perSecond(digis, sessions, 'ENABLE'))
    const without = first + (await perSecond(digis, sessions, 'DISABLE'))
    // The first one warms up.
    if (round > 0) rounds.push({ without: without / 2, kept: kept / 2 })
  }
  await switchTriggers(digis, 'ENABLE')
  return {
    name,
    without: median(rounds.map(round => round.without)),
    kept: median(rounds.map(round => round.kept)),
    ratio: median(rounds.map(round => round.kept / round.without)),
  }
}

/** @param {import('@holdfast/digis').Digis} digis @param {'ENABLE' | 'DISABLE'} how */
async function switchTriggers(digis, how) {
  for (const trigger of TRIGGERS) await digis.query(`ALTER TABLE payments ${how} TRIGGER ${trigger}`)
}

/**
 * @param {import('@holdfast/digis').Digis} digis
 * @param {number[]} sessions
 * @param {'ENABLE' | 'DISABLE'} how whether the triggers count meanwhile
 */
async function perSecond(digis, sessions, how) {
  await switchTriggers(digis, how)
  const start = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async (_, caller) => {
      for (let turn = caller; performance.now() - start < MILLIS; turn += CONCURRENCY) {
        await digis.createPayment(/** @type {number} */ (sessions[turn % sessions.length]), 1)
        count++
      }
    }),
  )
  return (count * 1_000) / (performance.now() - start)
}

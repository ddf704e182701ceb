import { table } from '../../table.mjs'

/**
 * One row of the table of claims, as text: what was measured of each contender under the same fault.
 *
 * @typedef {{ fault: string, measured: string, pg: string, holdfast: string, ratio: string, promise: string, ok: boolean }} Claim
 */

/**
 * Prints the outcome of a case and sets the exit code: 1 when a claim is not met.
 *
 * @param {string} name
 * @param {{ claims: Claim[], details: object, json: boolean }} measured
 */
export function publishCase(name, { claims, details, json }) {
  const broken = claims
    .filter(({ ok }) => !ok)
    .map(claim => `${claim.measured}: ${claim.holdfast}, promised ${claim.promise}`)
  const outcome = { case: name, ok: broken.length === 0, broken, claims, details }
  if (json) console.log(JSON.stringify(outcome))
  else console.log(table(claims.map(({ ok, ...claim }) => ({ ...claim, ok: ok ? 'kept' : 'BROKEN' }))))
  process.exitCode = outcome.ok ? 0 : 1
}

/**
 * How much fewer of what should not happen: promised is a share that is avoided.
 *
 * @param {{ pg: number, holdfast: number, least: number }} counts `least`: the part that has to be avoided, 0.9 for 90 %
 */
export function fewer({ pg, holdfast, least }) {
  const ratio = pg === 0 ? (holdfast === 0 ? 0 : Number.POSITIVE_INFINITY) : holdfast / pg
  return {
    ratio: Number.isFinite(ratio) ? `${(100 * (1 - ratio)).toFixed(1)} % fewer` : 'more than none',
    promise: `at least ${100 * least} % fewer`,
    // Without a single failure of the other there was no fault, and nothing was shown.
    ok: pg > 0 && holdfast <= (1 - least) * pg,
  }
}

import { parseArgs } from 'node:util'
import { seededRandom } from '@holdfast/testkit'

/**
 * @typedef {{ json: boolean, quick: boolean, seed: number, minutes: number }} CaseOptions
 */

/**
 * The options of a case. `npm run chaos` has checked them; a case that is run by itself takes the same.
 *
 * @param {string[]} args
 * @returns {CaseOptions} `minutes`: 20 unless told otherwise
 * @throws {Error} naming an unknown option
 */
export function readCaseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string' },
      minutes: { type: 'string', default: '20' },
    },
  })
  const { json, quick, seed, minutes } = values
  return {
    json,
    quick,
    seed: seed === undefined ? seededRandom().seed : Number(seed),
    minutes: Number(minutes),
  }
}

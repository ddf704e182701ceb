import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seededRandom } from '@holdfast/testkit'

/** A case is a program in this folder: it takes these options and prints its outcome. */
export const CASES = fileURLToPath(new URL('../../benchmarks/chaos/cases/', import.meta.url))

/** Takes as long as it is told to, so it runs only when it is asked for by name. */
const BY_NAME_ONLY = ['soak']

/** Every case by name, in the order in which they run. */
export const ALL_CASES = readdirSync(CASES)
  .filter(file => file.endsWith('.mjs'))
  .map(file => file.replace(/\.mjs$/, ''))
  .sort()

/**
 * What a run is.
 *
 * @typedef {object} ChaosOptions
 * @property {readonly string[]} cases names of {@link ALL_CASES}
 * @property {number} seed draws the faults
 * @property {number | undefined} minutes how long the soak takes
 * @property {boolean} quick few rounds: whether it works, not how well
 * @property {boolean} json one JSON object on standard output
 */

export const USAGE = `npm run chaos -- [cases] [options]
  cases         ${ALL_CASES.join(', ')}; default: all but ${BY_NAME_ONLY.join(', ')}
  --only NAME   the same as naming it
  --minutes N   how long soak takes (default 20)
  --seed S      repeats the faults of an earlier run, as far as scheduling allows
  --quick       few rounds: whether it works, not how well
  --json        one JSON object on standard output`

const FLAGS = /** @type {const} */ ({
  only: { type: 'string', multiple: true, default: [] },
  minutes: { type: 'string' },
  seed: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
})

/**
 * @param {string[]} args
 * @returns {{ options: ChaosOptions, problem?: undefined } | { problem: string }}
 */
export function parseChaos(args) {
  try {
    const { values, positionals } = parseArgs({ args, options: FLAGS, strict: true, allowPositionals: true })
    const { quick, json, minutes, seed } = values
    return {
      options: {
        cases: casesOf([...positionals, ...values.only]),
        seed: seed === undefined ? seededRandom().seed : seedOf(seed),
        minutes: minutes === undefined ? undefined : minutesOf(minutes),
        quick,
        json,
      },
    }
  } catch (error) {
    return { problem: /** @type {Error} */ (error).message }
  }
}

/** @param {string[]} names */
function casesOf(names) {
  const unknown = names.filter(name => !ALL_CASES.includes(name))
  if (unknown.length > 0) {
    const given = unknown.map(name => JSON.stringify(name)).join(', ')
    throw new Error(`Expected cases among ${ALL_CASES.join(', ')}, given ${given}.`)
  }
  const wanted = names.length > 0 ? names : ALL_CASES.filter(name => !BY_NAME_ONLY.includes(name))
  return ALL_CASES.filter(name => wanted.includes(name))
}

/** @param {string} text */
function seedOf(text) {
  const seed = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed
  throw new Error(`--seed: expected a whole number, given ${JSON.stringify(text)}.`)
}

/** @param {string} text */
function minutesOf(text) {
  const minutes = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && minutes > 0 && minutes <= 24 * 60) return minutes
  throw new Error(
    `--minutes: expected a number above 0 and at most ${24 * 60}, given ${JSON.stringify(text)}.`,
  )
}

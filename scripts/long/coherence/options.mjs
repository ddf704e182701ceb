import { parseArgs } from 'node:util'
import { seededRandom } from '@holdfast/testkit'
import { FAULT_KINDS } from './fault-kinds.mjs'

/**
 * What a run of the checker is.
 *
 * @typedef {object} Options
 * @property {number} minutes how long it reads and writes
 * @property {number} seed
 * @property {number} processes
 * @property {'strict' | 'bounded' | 'ttl'} consistency
 * @property {number} bound milliseconds that `bounded` may be behind
 * @property {'holdfast' | 'naive' | 'none'} subject
 * @property {'fail' | 'commit'} onUnmarkable
 * @property {number} pause milliseconds a writer pauses at most between two writes
 * @property {readonly string[]} faults names of {@link FAULT_KINDS}
 * @property {boolean} memory without Redis: each process caches for itself, so one process alone runs
 * @property {boolean} json
 * @property {boolean} stop whether the first violation ends the run
 */

export const USAGE = `npm run check:coherence -- [options]
  --minutes N          how long (default 1)
  --seed S             repeats the schedule of an earlier run, as far as scheduling allows
  --processes P        default 4
  --subject            holdfast | naive | none (default holdfast)
  --consistency        strict | bounded (default strict)
  --bound N            milliseconds, for bounded (default 500)
  --on-unmarkable      fail | commit (default fail)
  --faults LIST        all | none | all,-this,-that | ${FAULT_KINDS.map(({ name }) => name).join(',')}
  --pause N            milliseconds between two writes of a writer, at most (default 60)
  --without-redis      one process with its cache in memory
  --stop               end at the first violation
  --json               one JSON object on standard output`

const FLAGS = /** @type {const} */ ({
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string' },
  processes: { type: 'string', default: '4' },
  consistency: { type: 'string', default: 'strict' },
  bound: { type: 'string', default: '500' },
  subject: { type: 'string', default: 'holdfast' },
  'on-unmarkable': { type: 'string', default: 'fail' },
  faults: { type: 'string', default: 'all' },
  pause: { type: 'string', default: '60' },
  'without-redis': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  stop: { type: 'boolean', default: false },
})

/** Values that a flag may have. */
const CHOICES = {
  consistency: ['strict', 'bounded'],
  subject: ['holdfast', 'naive', 'none'],
  'on-unmarkable': ['fail', 'commit'],
}

/**
 * @param {string[]} args
 * @returns {{ options: Options, problem?: undefined } | { problem: string }}
 */
export function parseCommand(args) {
  try {
    const { values } = parseArgs({ args, options: FLAGS, strict: true })
    return { options: optionsOf(values) }
  } catch (error) {
    return { problem: /** @type {Error} */ (error).message }
  }
}

/** @param {any} values */
function optionsOf(values) {
  for (const [flag, choices] of Object.entries(CHOICES)) {
    if (!choices.includes(values[flag])) throw new Error(`--${flag} is one of ${choices.join(', ')}`)
  }
  const { consistency, subject, json, stop } = values
  const memory = values['without-redis']
  return {
    minutes: positive('minutes', values.minutes),
    seed: values.seed === undefined ? seededRandom().seed : whole('seed', values.seed),
    processes: memory ? 1 : whole('processes', values.processes),
    faults: faultsOf(values.faults),
    pause: whole('pause', values.pause),
    onUnmarkable: values['on-unmarkable'],
    bound: whole('bound', values.bound),
    ...{ consistency, subject, json, stop, memory },
  }
}

/** Names, `all`, `none`, and `-name` for all but that. @param {string} list */
function faultsOf(list) {
  const known = FAULT_KINDS.map(({ name }) => name)
  const words = list.split(',').filter(word => word !== 'none')
  const left = words.filter(word => word.startsWith('-')).map(word => word.slice(1))
  const named = words.filter(word => word !== 'all' && !word.startsWith('-'))
  const unknown = [...named, ...left].filter(name => !known.includes(name))
  if (unknown.length > 0) throw new Error(`No such fault: ${unknown.join(', ')}`)
  return (words.includes('all') ? known : named).filter(name => !left.includes(name))
}

/** @param {string} flag @param {string} text */
function positive(flag, text) {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`--${flag} is a number above 0, given "${text}"`)
  return number
}

/** @param {string} flag @param {string} text */
function whole(flag, text) {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${flag} is a whole number, given "${text}"`)
  return number
}

import { HistoryRecorder, runWorkload, seededRandom } from '@holdfast/testkit'
import { createSubject } from './subjects.mjs'

/**
 * One process of the workload. It is told everything in its first message and works until it is told to stop, or
 * killed.
 *
 * @typedef {object} Task
 * @property {number} process from 0
 * @property {number} seed
 * @property {string} path of its history
 * @property {import('./options.mjs').Options} options
 * @property {string} databaseUrl
 * @property {string} [redisUrl]
 *
 * @typedef {{ kind: 'run', task: Task } | { kind: 'stop' } | { kind: 'clock', offset: number }} Order
 */

const stopping = new AbortController()
const realNow = Date.now

process.on('message', (/** @type {Order} */ order) => {
  if (order.kind === 'run') void work(order.task)
  else if (order.kind === 'stop') stopping.abort()
  else Date.now = () => realNow() + order.offset
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit(1))

/** @param {Task} task */
async function work({ process: index, seed, path, options, ...urls }) {
  const recorder = new HistoryRecorder({ path, process: index })
  /** @type {Record<string, number>} */
  const errors = {}
  const subject = await createSubject({ ...urls, options })
  const { processes } = options
  const onError = (/** @type {any} */ error) => {
    const name = String(error?.code ?? error?.message ?? error)
    errors[name] = (errors[name] ?? 0) + 1
  }
  const workload = { subject, recorder, random: seededRandom(seed), process: index, processes, onError }
  await runWorkload({ ...workload, intensity: { pause: options.pause } }, stopping.signal)
  recorder.close()
  const report = { errors, stats: subject.stats?.() }
  await Promise.race([subject.end(), new Promise(resolve => setTimeout(resolve, 3_000))])
  process.send?.(report, () => process.exit(0))
}

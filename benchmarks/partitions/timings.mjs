import { median } from '../measure/statistics.mjs'

/** How often each call is made, after some that do not count. */
const CALLS = 120
const WARM_UP = 20

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<{ millis: number, result: T }>}
 */
export async function timed(work) {
  const start = performance.now()
  const result = await work()
  return { millis: performance.now() - start, result }
}

/**
 * The median time of each call on each layout, in milliseconds. Layouts take turns, so that a slow moment of the machine
 * hits them alike.
 *
 * @param {import('./layouts.mjs').Layout[]} layouts
 * @param {Record<string, (digis: import('@holdfast/digis').Digis, turn: number) => Promise<unknown>>} calls
 * @returns {Promise<{ call: string, millis: Record<string, number> }[]>}
 */
export async function compareCalls(layouts, calls) {
  const results = []
  for (const [call, run] of Object.entries(calls)) {
    const times = layouts.map(() => /** @type {number[]} */ ([]))
    for (let turn = 0; turn < WARM_UP + CALLS; turn++) {
      for (const [index, { digis }] of layouts.entries()) {
        const { millis } = await timed(() => run(digis, turn))
        if (turn >= WARM_UP) times[index]?.push(millis)
      }
    }
    results.push({
      call,
      millis: Object.fromEntries(layouts.map(({ name }, index) => [name, median(times[index] ?? [])])),
    })
  }
  return results
}

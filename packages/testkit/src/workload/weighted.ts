import type { SeededRandom } from '../random.js'

/** One of the items, each as likely as its weight says. */
export function pickWeighted<T extends { readonly weight: number }>(
  items: readonly T[],
  random: SeededRandom,
): T {
  let left = random.next() * items.reduce((sum, { weight }) => sum + weight, 0)
  for (const item of items) {
    left -= item.weight
    if (left < 0) return item
  }
  return items[items.length - 1] as T
}

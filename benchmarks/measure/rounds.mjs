/**
 * Measures every contender once per round, in an order that is drawn anew for each round.
 *
 * @template T
 * @param {readonly string[]} names
 * @param {{ rounds: number, slice: (name: string) => Promise<T> }} how
 * @returns {Promise<Map<string, T[]>>} of each contender one measurement per round
 */
export async function shuffledRounds(names, { rounds, slice }) {
  const results = new Map(names.map(name => [name, /** @type {T[]} */ ([])]))
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names)) results.get(name)?.push(await slice(name))
  }
  return results
}

/** @template T @param {readonly T[]} values @returns {T[]} */
function shuffled(values) {
  const drawn = values.map(value => ({ value, rank: Math.random() }))
  return drawn.sort((a, b) => a.rank - b.rank).map(({ value }) => value)
}

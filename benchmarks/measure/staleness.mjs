/** @typedef {import('./contention.mjs').Observation} Observation */

/**
 * Compares each read with the highest version that was acknowledged before it began.
 *
 * @param {readonly Observation[]} reads
 * @param {readonly Observation[]} writes of all processes
 * @returns {{ reads: number, stale: number, oldest: number }} `oldest`: the most milliseconds between the
 *   acknowledgement of a write and the beginning of a read that does not show it
 */
export function staleReads(reads, writes) {
  const rising = new Map([...byRow(writes)].map(([id, ofRow]) => [id, risingVersions(ofRow)]))
  let [stale, oldest] = [0, 0]
  for (const { id, version, at } of reads) {
    const missed = (rising.get(id) ?? []).find(write => write.version > version)
    if (missed === undefined || missed.at >= at) continue
    stale++
    oldest = Math.max(oldest, at - missed.at)
  }
  return { reads: reads.length, stale, oldest }
}

/**
 * The writes of one row in the order of their acknowledgement, without those that a higher version came before.
 *
 * @param {readonly Observation[]} writes
 */
function risingVersions(writes) {
  let highest = 0
  return [...writes]
    .sort((a, b) => a.at - b.at)
    .filter(({ version }) => {
      const rises = version > highest
      highest = Math.max(highest, version)
      return rises
    })
}

/** @param {readonly Observation[]} writes */
function byRow(writes) {
  /** @type {Map<number, Observation[]>} */
  const groups = new Map()
  for (const write of writes) {
    const group = groups.get(write.id)
    if (group === undefined) groups.set(write.id, [write])
    else group.push(write)
  }
  return groups
}

/**
 * Who imports whom. The value says on which line, for the report.
 *
 * @typedef {Map<string, Map<string, number>>} Graph
 */

/**
 * @param {Graph} graph
 * @returns {string[][]} shortest cycles, first and last node the same; each node of the graph that lies on a cycle is
 *   on one of them
 */
export function cyclesOf(graph) {
  const seen = new Set()
  /** @type {string[][]} */
  const cycles = []
  for (const start of [...graph.keys()].sort()) {
    const cycle = seen.has(start) ? undefined : pathBack(graph, start)
    if (cycle === undefined) continue
    for (const node of cycle) seen.add(node)
    cycles.push(cycle)
  }
  return cycles
}

/**
 * The shortest way from `start` back to itself, breadth first.
 *
 * @param {Graph} graph
 * @param {string} start
 */
function pathBack(graph, start) {
  /** @type {Map<string, string>} */
  const cameFrom = new Map()
  const queue = [start]
  for (const node of queue) {
    for (const next of graph.get(node)?.keys() ?? []) {
      if (next === start) return [...trace(cameFrom, node), start]
      if (cameFrom.has(next)) continue
      cameFrom.set(next, node)
      queue.push(next)
    }
  }
  return undefined
}

/**
 * @param {Map<string, string>} cameFrom
 * @param {string} node
 */
function trace(cameFrom, node) {
  const path = [node]
  for (let at = cameFrom.get(node); at !== undefined; at = cameFrom.get(at)) path.unshift(at)
  return path
}

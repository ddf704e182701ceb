import { createDigis } from '@holdfast/digis'

/**
 * One process of a stampede: told `{ term, calls }`, it searches so often at once and answers with the number of
 * queries that it sent to the database. Redis gets more time than usual: how busy the machine is, is not the question.
 */

const [connectionString = '', redis = ''] = process.argv.slice(2)
const digis = createDigis({ connectionString, max: 10, cache: { redis, redisTimeout: '2s' } })

async function ready() {
  await digis.testConnection()
  while (!digis.getPoolStats().cacheEnabled) await new Promise(resolve => setTimeout(resolve, 5))
  // Whatever a process does once is done: statements are known, connections open.
  await Promise.all(Array.from({ length: 20 }, () => digis.searchCreators('warm up')))
}

/** @param {{ term: string, calls: number }} order */
async function stampede({ term, calls }) {
  const before = digis.queryMetrics.totalQueries
  const found = await Promise.all(Array.from({ length: calls }, () => digis.searchCreators(term)))
  const sizes = new Set(found.map(({ rowCount }) => rowCount))
  return { queries: digis.queryMetrics.totalQueries - before, same: sizes.size === 1 }
}

process.on('message', (/** @type {{ term: string, calls: number } | 'end'} */ order) => {
  if (order === 'end') void digis.end().then(() => process.disconnect())
  else void stampede(order).then(answer => process.send?.(answer))
})
await ready()
process.send?.('ready')

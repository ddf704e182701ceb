import { describe } from 'vitest'
import { layOut } from '../new-digis.js'
import { partitionEverything } from './partitioned-tables.js'

layOut(partitionEverything)

// Partitions count as the table that they belong to: everything that is promised of the cache holds on them.
describe('on monthly partitions:', async () => {
  await import('../cached.test.js')
})

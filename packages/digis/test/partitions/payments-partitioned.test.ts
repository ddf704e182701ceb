import { describe } from 'vitest'
import { layOut } from '../new-digis.js'
import { partitionEverything } from './partitioned-tables.js'

layOut(partitionEverything)

// Everything that is promised of payments, on monthly partitions.
describe('on monthly partitions:', async () => {
  await import('../payments.test.js')
})

import { describe } from 'vitest'
import { layOut } from '../new-digis.js'
import { partitionEverything } from './partitioned-tables.js'

layOut(partitionEverything)

// Everything that is promised of sessions, on monthly partitions.
describe('on monthly partitions:', async () => {
  await import('../sessions.test.js')
})

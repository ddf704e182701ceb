import { describe } from 'vitest'
import { layOut } from '../new-digis.js'
import { layOutForCitus } from './citus-keys.js'

layOut(layOutForCitus)

// Everything that is promised of sessions and payments, with the keys that Citus needs.
describe('with creator_id in every key:', async () => {
  await import('../sessions.test.js')
  await import('../payments.test.js')
})

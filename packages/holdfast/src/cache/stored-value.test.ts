import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openValue, sealValue, stampsOf } from './stored-value.js'

test('what was sealed opens to the same stamps and bytes', () => {
  const stamp = fc.stringMatching(/^[\w.-]{1,40}$/)
  const values = fc.record({ stamps: fc.array(stamp, { maxLength: 5 }), payload: fc.uint8Array() })
  fc.assert(
    fc.property(values, ({ stamps, payload }) => {
      const sealed = sealValue({ stamps, payload: Buffer.from(payload) })
      expect(openValue(sealed)).toEqual({ stamps, payload: Buffer.from(payload) })
      expect(stampsOf(sealed)).toEqual(stamps)
    }),
  )
})

test('bytes without an end of the stamps are no value', () => {
  expect(openValue(Buffer.from('junk'))).toBeUndefined()
})

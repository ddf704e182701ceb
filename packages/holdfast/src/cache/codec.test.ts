import { randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { seededRandom } from '@holdfast/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CodecOptions, decodeEntry, encodeEntry } from './codec.js'
import { checkKeys, encrypt } from './entry-encryption.js'
import type { StoredValue } from './entry-layout.js'
import type { RawField } from './raw-result.js'

const keys = { k1: randomBytes(32), k2: randomBytes(32) }
const encryption = { current: 'k2', keys }
const MODES: [string, CodecOptions][] = [
  ['plain', { compressAbove: Number.POSITIVE_INFINITY }],
  ['compressed', { compressAbove: 0 }],
  ['encrypted', { compressAbove: Number.POSITIVE_INFINITY, encryption }],
  ['compressed and encrypted', { compressAbove: 0, encryption }],
]

/** Text as a server sends it. */
const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const oid = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const field: fc.Arbitrary<RawField> = fc.record({
  name: fc.oneof(text, fc.constantFrom('id', '__proto__', '')),
  tableID: oid,
  columnID: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  dataTypeID: oid,
  dataTypeSize: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  dataTypeModifier: int32,
  format: fc.constant('text'),
})
const cell = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(null, '', 'é', '🐘', '\uFEFFx') },
)
const raw = fc.array(field, { maxLength: 8 }).chain(fields =>
  fc.record({
    command: fc.constantFrom('SELECT', 'INSERT', ''),
    rowCount: fc.oneof(fc.constant(null), fc.nat()),
    fields: fc.constant(fields),
    rows: fc.array(fc.array(cell, { minLength: fields.length, maxLength: fields.length }), { maxLength: 12 }),
  }),
)
const time = fc.double({ noNaN: true })
const stored: fc.Arbitrary<StoredValue> = fc.record({
  raw,
  storedAt: time,
  loadMillis: time,
  expiresAt: time,
})
const column = (name: string): RawField => ({
  name,
  tableID: 1,
  columnID: 2,
  dataTypeID: 25,
  dataTypeSize: -1,
  dataTypeModifier: -1,
  format: 'text',
})
function storedOf(fields: RawField[], rows: (string | null)[][]): StoredValue {
  const raw = { command: 'SELECT', rowCount: rows.length, fields, rows }
  return {
    raw,
    storedAt: 1_764_000_000_000.5,
    loadMillis: 1.25,
    expiresAt: Number.POSITIVE_INFINITY,
  }
}
const small = storedOf([column('a'), column('a')], [['x', null]])
const random = seededRandom()
const noise = (length: number) =>
  Array.from({ length }, () => String.fromCharCode(random.int(32, 255))).join('')

describe.each(MODES)('%s values', (_, options) => {
  test('come back as they were', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), stored, async (key, value) => {
        const decoded = await decodeEntry(key, await encodeEntry(key, value, options), options)
        expect(decoded.value).toEqual(value)
      }),
    )
  })

  const unusual: [string, StoredValue][] = [
    ['no columns', storedOf([], [[], [], []])],
    [
      '1,000 columns',
      storedOf(
        Array.from({ length: 1_000 }, (_, n) => column(`c${n % 990}`)),
        [Array(1_000).fill('v')],
      ),
    ],
    ['1 MB in a value', storedOf([column('a')], [[noise(1_000_000)], [null]])],
    ['1 MB in a value of ASCII', storedOf([column('a'), column('b')], [['x'.repeat(1_000_000), 'y']])],
    [
      '20,000 rows',
      storedOf(
        [column('a'), column('b')],
        Array.from({ length: 20_000 }, (_, n) => [`${n}`, n % 3 ? 'ä' : null]),
      ),
    ],
    [
      'a long row of NULL and empty texts',
      storedOf([column('a'), column('b'), column('c')], [['', null, 'z'.repeat(5_000)]]),
    ],
  ]
  test.each(unusual)('come back with %s', async (_, value) => {
    const decoded = await decodeEntry('key', await encodeEntry('key', value, options), options)
    expect(decoded.value).toEqual(value)
  })

  test('are refused of another owner, cut off, continued, or with a bit flipped, anywhere', async () => {
    const bytes = await encodeEntry('key', small, options)
    expect((await decodeEntry('kez', bytes, options)).reason).toBe('corrupt')
    for (let length = 0; length < bytes.length; length++) {
      expect((await decodeEntry('key', bytes.subarray(0, length), options)).value).toBeUndefined()
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(bytes)
        flipped[length] = (flipped[length] ?? 0) ^ (1 << bit)
        expect((await decodeEntry('key', flipped, options)).value).toBeUndefined()
      }
    }
    expect((await decodeEntry('key', Buffer.concat([bytes, Buffer.of(0)]), options)).value).toBeUndefined()
  })

  test('are never made of random bytes, nor do these make it throw', async () => {
    const seal = fc.constantFrom(0, 1, 2, 3).map(flags => Buffer.of(1, flags))
    const bytes = fc.tuple(fc.oneof(seal, fc.constant(Buffer.alloc(0))), fc.uint8Array({ maxLength: 300 }))
    await fc.assert(
      fc.asyncProperty(bytes, async ([head, tail]) => {
        expect((await decodeEntry('key', Buffer.concat([head, tail]), options)).value).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  test('that were changed at random are refused or still the same', async () => {
    const change = fc.record({
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      remove: fc.nat({ max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(stored, fc.array(change, { minLength: 1, maxLength: 5 }), async (value, changes) => {
        let bytes = await encodeEntry('key', value, options)
        for (const { at, byte, remove } of changes) {
          const index = at % (bytes.length + 1)
          bytes = Buffer.concat([bytes.subarray(0, index), Buffer.of(byte), bytes.subarray(index + remove)])
        }
        const decoded = await decodeEntry('key', bytes, options)
        if (decoded.value !== undefined) expect(decoded.value).toEqual(value)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a value says why it is refused', () => {
  test('written by another version', async () => {
    const bytes = Buffer.from(await encodeEntry('key', small))
    for (const version of [Number(bytes[0]) - 1, Number(bytes[0]) + 1]) {
      bytes[0] = version
      expect(await decodeEntry('key', bytes)).toEqual({ value: undefined, reason: 'version' })
    }
  })

  test('encrypted where there are no keys, and not encrypted where there are', async () => {
    const [plain, secret] = [await encodeEntry('key', small), await encodeEntry('key', small, { encryption })]
    expect((await decodeEntry('key', secret)).reason).toBe('encryption')
    expect((await decodeEntry('key', plain, { encryption })).reason).toBe('encryption')
  })

  test('encrypted with a key that is gone, or with another of the same id', async () => {
    const bytes = await encodeEntry('key', small, { encryption })
    const [gone, other] = [
      { current: 'k1', keys: { k1: keys.k1 } },
      { current: 'k2', keys: { k2: keys.k1 } },
    ]
    expect((await decodeEntry('key', bytes, { encryption: gone })).reason).toBe('unknown-key')
    expect((await decodeEntry('key', bytes, { encryption: other })).reason).toBe('corrupt')
  })
})

describe('compression', () => {
  test('of what unpacks to more than it says is given up at that size', async () => {
    const bomb = deflateRawSync(Buffer.alloc(50_000_000))
    const [version = 0] = await encodeEntry('key', small)
    for (const size of [0, 100, 1_000_000, 0xffffffff]) {
      const packed = Buffer.concat([Buffer.alloc(4), bomb])
      packed.writeUInt32LE(size)
      const head = Buffer.of(version, 3)
      const sealed = encrypt(packed, Buffer.concat([head, Buffer.from('key')]), encryption)
      const before = process.memoryUsage().arrayBuffers
      expect((await decodeEntry('key', Buffer.concat([head, sealed]), { encryption })).reason).toBe('corrupt')
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
    }
  })

  test('is for values above the limit only, and makes them smaller', async () => {
    const large = storedOf(
      [column('a')],
      Array.from({ length: 200 }, (_, n) => [`a text like others ${n}`]),
    )
    const [plain, packed] = [
      await encodeEntry('key', large, { compressAbove: 1e6 }),
      await encodeEntry('key', large),
    ]
    expect(packed.length).toBeLessThan(plain.length / 3)
    expect((await encodeEntry('key', small))[1]).toBe(0)
  })
})

describe('encryption', () => {
  test('shows nothing of the value and never gives the same bytes twice', async () => {
    const value = storedOf([column('column name')], [['a secret text']])
    const [first, second] = [
      await encodeEntry('key', value, { encryption }),
      await encodeEntry('key', value, { encryption }),
    ]
    expect(first.includes('secret') || first.includes('column')).toBe(false)
    expect(first.equals(second)).toBe(false)
  })

  test('goes on reading what was written with a former key', async () => {
    const bytes = await encodeEntry('key', small, { encryption: { current: 'k1', keys } })
    expect((await decodeEntry('key', bytes, { encryption })).value).toStrictEqual(small)
  })

  test.each([
    ['a short key', { current: 'a', keys: { a: randomBytes(16) } }],
    ['a key that is text', { current: 'a', keys: { a: 'x'.repeat(32) as never } }],
    ['an id that is too long', { current: 'a', keys: { a: keys.k1, ['b'.repeat(256)]: keys.k1 } }],
    ['a current key that is missing', { current: 'toString', keys }],
  ])('refuses %s, and does not show it', (_, wrong) => {
    expect(() => checkKeys(wrong)).toThrow(/cache\.encryption/)
    expect(() => checkKeys(wrong)).not.toThrow(/xxx/)
    checkKeys(encryption)
  })
})

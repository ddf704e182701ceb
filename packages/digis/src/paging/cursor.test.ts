import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from './cursor.js'
import { toPage } from './page.js'

const positions = [
  { key: '2026-01-02T03:04:05.000006Z', id: '7' },
  { key: '0.6079271', id: '1' },
  { key: '1e-20', id: '999999999999999999' },
  { key: '', id: '3' },
]

test.each(positions)('%j comes back from its cursor', position => {
  expect(decodeCursor('list', encodeCursor('list', position))).toEqual(position)
})

test.each(positions)('%j has a cursor that needs no escaping in a URL', position => {
  expect(encodeCursor('list', position)).toMatch(/^[\w-]+$/)
})

test('a cursor works for its own list only', () => {
  const cursor = encodeCursor('sessions of 1', { key: '', id: '3' })
  expect(() => decodeCursor('sessions of 2', cursor)).toThrow(/^after: .*given a cursor of another list/)
})

test('a cursor whose content was changed by hand is refused', () => {
  const forge = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
  const [list] = JSON.parse(Buffer.from(encodeCursor('list', { key: '', id: '1' }), 'base64url').toString())
  for (const parts of [
    [],
    [list, '', 1],
    [list, '', '0'],
    [list, 'now()', '1'],
    [list, '2026-13-01T00:00:00.000000Z', '1'],
  ]) {
    expect(() => decodeCursor('list', forge(...parts))).toThrow(
      /^after: expected the `next` of an earlier page/,
    )
  }
})

test('anything else is refused, whatever it is', () => {
  fc.assert(
    fc.property(fc.anything(), value => {
      expect(() => decodeCursor('list', value)).toThrow(/^after: /)
    }),
  )
  fc.assert(
    fc.property(fc.string(), text => {
      expect(() => decodeCursor('list', text)).toThrow(/^after: /)
    }),
  )
})

test('a page has a next one only when a row is left over', () => {
  const row = (id: number) => ({ id, page_key: '' })
  expect(toPage('list', [row(1), row(2)], 2)).toEqual({ rows: [{ id: 1 }, { id: 2 }], next: null })
  const { rows, next } = toPage('list', [row(1), row(2), row(3)], 2)
  expect(rows).toEqual([{ id: 1 }, { id: 2 }])
  expect(decodeCursor('list', next)).toEqual({ key: '', id: '2' })
  expect(toPage('list', [], 2)).toEqual({ rows: [], next: null })
})

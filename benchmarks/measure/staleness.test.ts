import { expect, test } from 'vitest'
import { staleReads } from './staleness.mjs'

const at = (id: number, version: number, time: number) => ({ id, version, at: time })

test('a read that began after the acknowledgement of a newer version is stale, by its age', () => {
  const writes = [at(1, 2, 10), at(1, 3, 20)]
  expect(staleReads([at(1, 2, 25)], writes)).toEqual({ reads: 1, stale: 1, oldest: 5 })
  expect(staleReads([at(1, 1, 25)], writes)).toEqual({ reads: 1, stale: 1, oldest: 15 })
})

test('a read that began before the acknowledgement may show either version', () => {
  const writes = [at(1, 2, 10)]
  expect(staleReads([at(1, 1, 9), at(1, 2, 9)], writes)).toEqual({ reads: 2, stale: 0, oldest: 0 })
})

test('a version that is acknowledged late does not excuse a read of it once a newer one was acknowledged', () => {
  const writes = [at(1, 3, 10), at(1, 2, 20)]
  expect(staleReads([at(1, 2, 30)], writes)).toEqual({ reads: 1, stale: 1, oldest: 20 })
})

test('rows are told apart', () => {
  expect(staleReads([at(1, 1, 30), at(2, 1, 30)], [at(2, 2, 20)]).stale).toBe(1)
})

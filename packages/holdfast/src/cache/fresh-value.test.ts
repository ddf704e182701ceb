import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fresh, type Source, sourceOf } from './fresh-value.js'

/** The source of a value that a parser makes of a text, and how often the parser ran. */
function made(make: () => unknown, text = '') {
  const runs = { count: 0 }
  const parser = () => {
    runs.count++
    return make()
  }
  const source: Source = sourceOf({ text, parser })
  return { source, runs }
}

describe('fresh', () => {
  test('makes equal values of any JSON, none of which shares anything with another', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), value => {
        const text = JSON.stringify(value)
        const { source } = made(() => JSON.parse(text), text)
        const [first, second] = [fresh(source), fresh(source)]
        expect(isDeepStrictEqual(first, JSON.parse(text))).toBe(true)
        expect(shared(first, second)).toEqual([])
      }),
    )
  })

  const copied: [string, () => unknown][] = [
    ['a Date', () => new Date(5)],
    ['a Buffer', () => Buffer.from('abc')],
    ['bytes', () => Uint8Array.of(1, 2)],
    ['dates and bytes in arrays', () => [new Date(5), [Buffer.from('a')], null]],
    ['an own __proto__', () => JSON.parse('{"__proto__": {"a": 1}, "b": []}')],
    ['undefined inside', () => ({ a: undefined, b: [undefined] })],
  ]
  test.each(copied)('copies %s without parsing again', (_, make) => {
    const { source, runs } = made(make)
    expect([fresh(source), fresh(source)]).toStrictEqual([make(), make()])
    expect(shared(fresh(source), fresh(source))).toEqual([])
    expect(runs.count).toBe(1)
  })

  class Special extends Array {}
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const parsedAgain: [string, () => unknown][] = [
    ['an instance of a class', () => new Special(3)],
    ['an instance inside', () => ({ a: [new Map()] })],
    ['a function', () => () => 1],
    ['a function inside', () => ({ a: () => 1 })],
    [
      'a getter',
      () => ({
        get a() {
          return 1
        },
      }),
    ],
    ['something frozen', () => Object.freeze({ a: 1 })],
    ['a hidden property', () => Object.defineProperty({}, 'a', { value: 1 })],
    ['a symbol', () => ({ [Symbol.iterator]: 1 })],
    ['an array with a name', () => Object.assign([1], { a: 1 })],
    ['an array with holes', () => new Array(2)],
    ['an object without a prototype', () => Object.create(null)],
    ['a date with a name', () => Object.assign(new Date(0), { a: 1 })],
    ['a circle', () => circle],
  ]
  test.each(parsedAgain)('parses again what is %s', (_, make) => {
    const { source, runs } = made(make)
    fresh(source)
    fresh(source)
    expect(runs.count).toBe(3)
  })

  test('parses again what is long, except bytes', () => {
    const long = 'x'.repeat(5_000)
    expect(typeof made(() => [long], long).source).toBe('function')
    const { source, runs } = made(() => Buffer.from(long), long)
    fresh(source)
    expect(runs.count).toBe(1)
  })
})

/** Objects that can be reached from both. */
function shared(one: unknown, other: unknown): unknown[] {
  const known = new Set(objectsIn(one))
  return objectsIn(other).filter(object => known.has(object))
}

function objectsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(objectsIn)]
}

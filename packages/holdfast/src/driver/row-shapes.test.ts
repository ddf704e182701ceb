import { describe, expect, test } from 'vitest'
import { RowShapes } from './row-shapes.js'

const fields = (...names: string[]) => names.map(name => ({ name }))

describe('the row that each row of a result is a copy of', () => {
  test('is the same for the same columns, and another for others', () => {
    const shapes = new RowShapes()
    const first = shapes.emptyRow(fields('id', 'name'))
    expect(first).toEqual({ id: null, name: null })
    expect(shapes.emptyRow(fields('id', 'name'))).toBe(first)
    for (const other of [fields('id'), fields('name', 'id'), fields('id', 'name', 'at')])
      expect(shapes.emptyRow(other)).not.toBe(first)
  })

  test('has its columns in their order, each once, whatever they are called', () => {
    const shapes = new RowShapes()
    const keys = (...names: string[]) => Object.keys(shapes.emptyRow(fields(...names)) ?? {})
    expect(keys('b', 'a', 'b')).toEqual(['b', 'a'])
    expect(keys('__proto__', 'constructor', '')).toEqual(['__proto__', 'constructor', ''])
    expect(Object.getPrototypeOf(shapes.emptyRow(fields('__proto__')))).toBe(Object.prototype)
    expect(shapes.emptyRow([])).toEqual({})
  })

  test('leaves the names as they were', () => {
    const described = fields('id', '?column?', 'größe')
    new RowShapes().emptyRow(described)
    expect(described).toEqual(fields('id', '?column?', 'größe'))
  })

  test('is not remembered without bound: then it is for pg to make, and what is known stays', () => {
    const shapes = new RowShapes()
    const known = shapes.emptyRow(fields('known'))
    for (let column = 0; column < 10_000; column++) shapes.emptyRow(fields(`column_${column}`))
    expect(shapes.emptyRow(fields('one_more'))).toBeUndefined()
    expect(shapes.emptyRow(fields('known'))).toBe(known)
  })
})

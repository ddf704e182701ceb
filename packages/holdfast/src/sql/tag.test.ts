import { describe, expect, test } from 'vitest'
import { type SqlFragment, sql } from './tag.js'

const shape = (fragment: SqlFragment) => [fragment.text, fragment.values]

describe('sql', () => {
  test('turns every value into a parameter, whatever it contains', () => {
    const evil = "'; DROP TABLE users; --"
    expect(shape(sql`SELECT * FROM t WHERE a = ${evil} AND b = ${1}`)).toEqual([
      'SELECT * FROM t WHERE a = $1 AND b = $2',
      [evil, 1],
    ])
  })

  test('numbers the values of nested fragments in order', () => {
    const inner = sql`b = ${2} OR c = ${3}`
    expect(shape(sql`SELECT ${1} WHERE ${inner} LIMIT ${4}`)).toEqual([
      'SELECT $1 WHERE b = $2 OR c = $3 LIMIT $4',
      [1, 2, 3, 4],
    ])
  })

  test('uses the same fragment twice with its own numbers each time', () => {
    const one = sql`${'x'}`
    expect(shape(sql`${one}, ${one}`)).toEqual(['$1, $2', ['x', 'x']])
  })

  test('quotes identifiers and joins them with dots', () => {
    expect(sql.identifier('public', 'we"ird').text).toBe('"public"."we""ird"')
  })

  test.each([[''], ['a\0b'], ['x'.repeat(64)]])('refuses an impossible identifier', name => {
    expect(() => sql.identifier(name)).toThrow(/identifier must be/)
  })

  test('makes lists, and an empty list that matches nothing', () => {
    expect(shape(sql`a IN ${sql.list([1, 2])}`)).toEqual(['a IN ($1, $2)', [1, 2]])
    expect(shape(sql`a IN ${sql.list([])}`)).toEqual(['a IN (NULL)', []])
  })

  test('joins fragments with a separator', () => {
    const both = sql.join([sql`a = ${1}`, sql`b = ${2}`], sql` AND `)
    expect(shape(both)).toEqual(['a = $1 AND b = $2', [1, 2]])
    expect(shape(sql.join([]))).toEqual(['', []])
  })

  test('refuses undefined, which is nearly always a bug', () => {
    expect(() => sql`SELECT ${undefined}`).toThrow('Value 1 of the sql template is undefined')
  })

  test('keeps null, arrays and objects as single parameters', () => {
    expect(sql`${null} ${[1, 2]} ${{ a: 1 }}`.values).toEqual([null, [1, 2], { a: 1 }])
  })

  test('splices nothing and unsafe text', () => {
    expect(sql`SELECT 1${sql.empty} ${sql.unsafe('FOR UPDATE')}`.text).toBe('SELECT 1 FOR UPDATE')
  })

  test('is a query config that survives being copied, as pg copies it', () => {
    const fragment = sql`SELECT ${1}`
    const copy = Object.create(Object.getPrototypeOf(fragment), Object.getOwnPropertyDescriptors(fragment))
    expect(shape(copy)).toEqual(['SELECT $1', [1]])
  })
})

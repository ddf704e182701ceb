import { describe, expect, test } from 'vitest'
import { checkPoolOptions, resolveSettings } from './options.js'

const settingsOf = (replicas: unknown) =>
  resolveSettings(checkPoolOptions({ replicas }), { supabasePooler: false, untoldTimeout: 0 }, {}).replicas

describe('replicas', () => {
  test('are none unless they are named', () => {
    for (const replicas of [undefined, false, [], { urls: [] }]) expect(settingsOf(replicas)).toBeUndefined()
  })

  test('may be a list of URLs, or an object that says more', () => {
    const urls = ['postgres://a/d', 'postgresql://u:p@[::1]:5433']
    expect(settingsOf(urls)).toEqual({ urls, standbys: false, maxLag: 10_000, hedgeBudget: 0 })
    expect(settingsOf({ standbys: true, maxLag: '3s', hedge: true })).toEqual({
      urls: [],
      standbys: true,
      maxLag: 3_000,
      hedgeBudget: 0.05,
    })
    expect(settingsOf({ urls, hedge: { budget: 0.2 } })?.hedgeBudget).toBe(0.2)
    expect(settingsOf({ urls, hedge: false })?.hedgeBudget).toBe(0)
  })

  test.each([
    ['postgres://a', 'replicas', 'a list of URLs, or an object'],
    [['a.example.com'], 'replicas[0]', 'the URL of one server'],
    [['postgres://a', 'postgres://b,c'], 'replicas[1]', 'the URL of one server'],
    [['postgres://a', 7], 'replicas[1]', 'the URL of one server'],
    [{}, 'replicas', 'urls, or standbys: true'],
    [{ urls: 'postgres://a' }, 'replicas.urls', 'a list of URLs'],
    [{ urls: ['x'] }, 'replicas.urls[0]', 'the URL of one server'],
    [{ standbys: 'yes' }, 'replicas.standbys', 'a boolean'],
    [{ standbys: true, maxLag: 'long' }, 'replicas.maxLag', 'milliseconds'],
    [{ standbys: true, hedge: { budget: 0 } }, 'replicas.hedge.budget', 'above 0'],
    [{ standbys: true, hedge: 'on' }, 'replicas.hedge', 'true, false or { budget }'],
    [{ standby: true }, 'replicas.standby', '"replicas.standbys"'],
  ])('are refused with path and expectation: %j', (replicas, path, words) => {
    expect(() => settingsOf(replicas)).toThrow(expect.objectContaining({ path }))
    expect(() => settingsOf(replicas)).toThrow(words)
  })
})

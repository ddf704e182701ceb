import { describe, expect, test } from 'vitest'
import { type PoolOptions, resolveSettings } from '../base/options.js'
import { capacityWarning } from './server-capacity.js'

const settings = (options: PoolOptions) =>
  resolveSettings(options, { supabasePooler: false, untoldTimeout: 0 }, {})
const server = { max: 100, reserved: 3, used: 30 }

describe('a pool', () => {
  test('that the server has room for is not worth a word, its own connections do not count against it', () => {
    expect(capacityWarning(server, settings({ max: 67 }), 0)).toBeUndefined()
    expect(capacityWarning(server, settings({ max: 77 }), 10)).toBeUndefined()
    expect(capacityWarning({ ...server, used: 0 }, settings({ max: 97 }), 5)).toBeUndefined()
  })

  test('that wants more than the others leave is warned of with the numbers', () => {
    const warning = capacityWarning(server, settings({ name: 'orders', max: 78 }), 10)
    expect(warning?.code).toBe('server-connections')
    expect(warning?.message).toBe(
      'Pool "orders" may open 78 connections; the server allows 97 (max_connections 100 less 3 reserved), of which others use 20. Lower "max", raise max_connections, or use a pooler.',
    )
  })

  test('of many processes is counted in all of them', () => {
    const options = { max: 20, overload: { instances: 5 } }
    const { message } = capacityWarning(server, settings(options), 30) ?? {}
    expect(message).toContain('may open 20 connections in each of 5 processes, 100 in all;')
    expect(capacityWarning(server, settings({ ...options, max: 19 }), 30)).toBeUndefined()
  })
})

import { expect, test } from 'vitest'
import { ConnectError } from '../base/errors.js'
import { connectRemedy } from './connect-remedy.js'

const target = (host: string) => ({ host, port: 5432, database: 'd', user: 'u' })
const unreachable = new ConnectError('HOLDFAST_CONNECT_UNREACHABLE', 'Cannot connect')

test('a startup parameter that a pooler refuses gets its remedy', () => {
  const error = Object.assign(new Error('unsupported startup parameter: options (h:1)'), { code: '08P01' })
  expect(connectRemedy(error, target('h'))).toMatch(/"options".*ALTER ROLE/)
})

test('a pooler that gives no server connection is told from one that refuses something', () => {
  const error = Object.assign(new Error('(EMAXCONNSESSION) max clients reached'), { code: 'XX000' })
  expect(connectRemedy(error, target('h'))).toMatch(/lower "max"/)
})

test('a direct host of Supabase that cannot be reached gets the word about IPv6', () => {
  expect(connectRemedy(unreachable, target('db.abc.supabase.co'))).toMatch(/session pooler/)
  expect(connectRemedy(unreachable, target('db.example.com'))).toBeUndefined()
  const refused = new ConnectError('HOLDFAST_CONNECT_REFUSED', 'Cannot connect')
  expect(connectRemedy(refused, target('db.abc.supabase.co'))).toBeUndefined()
})

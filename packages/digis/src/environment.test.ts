import { expect, test } from 'vitest'
import { poolOptionsFrom } from './environment.js'

const parts = { DB_HOST: 'db.example', DB_USER: 'digis', DB_NAME: 'app' }

test('DATABASE_URL goes before everything else', () => {
  expect(poolOptionsFrom({ ...parts, DATABASE_URL: 'postgres://h/d' })).toEqual({
    connectionString: 'postgres://h/d',
  })
})

test('host, user and name suffice; the port has a default and the password may be missing', () => {
  expect(poolOptionsFrom({ ...parts, DATABASE_URL: '' })).toEqual({
    host: 'db.example',
    port: 5432,
    user: 'digis',
    database: 'app',
  })
  const all = { ...parts, DB_PORT: '6543', DB_PASSWORD: 'p@ss:word' }
  expect(poolOptionsFrom(all)).toMatchObject({ port: 6543, password: 'p@ss:word' })
})

test('what is missing is named', () => {
  expect(() => poolOptionsFrom({})).toThrow(/^No database is configured\. Set DATABASE_URL to .* DB_NAME\.$/)
  expect(() => poolOptionsFrom({ DB_HOST: 'h' })).toThrow(/DB_USER and DB_NAME is missing/)
})

test.each(['x', '0', '65536', '5432; ', '1e3'])('a DB_PORT of %s is refused without repeating it', port => {
  expect(() => poolOptionsFrom({ ...parts, DB_PORT: port })).toThrow(
    'DB_PORT: expected a number from 1 to 65535.',
  )
})

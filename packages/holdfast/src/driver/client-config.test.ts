import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { PoolOptions } from '../base/options.js'
import { resolveClientConfig } from './client-config.js'

const resolve = (options: PoolOptions, env = {}) => resolveClientConfig(options, env)

describe('where to connect', () => {
  test('says the URL before the options, and the options before the variables', () => {
    const env = { PGHOST: 'env', PGPORT: '3', PGDATABASE: 'env', PGUSER: 'env' }
    const options = { host: 'option', port: 2, database: 'option' }
    const url = { ...options, connectionString: 'postgres://url@url:1' }
    expect(resolve(url, env).target).toEqual({ host: 'url', port: 1, database: 'option', user: 'url' })
    expect(resolve(options, env).target).toEqual({ host: 'option', port: 2, database: 'option', user: 'env' })
    expect(resolve({}, env).target).toEqual({ host: 'env', port: 3, database: 'env', user: 'env' })
  })

  test('is this machine, port 5432 and the database named as the user when nobody says', () => {
    const target = { host: 'localhost', port: 5432, database: 'me', user: 'me' }
    expect(resolve({}, { USER: 'me' }).target).toEqual(target)
  })

  test('may be said by the parameters of the URL, which win over its path and the options', () => {
    const connectionString = 'postgres://u@h/d?application_name=url&host=/run/db&options=-c%20a%3Db'
    const { config } = resolve({ connectionString, application_name: 'option' })
    expect(config).toMatchObject({ application_name: 'url', host: '/run/db', options: '-c a=b' })
  })

  test('is handed on as fields, without the URL and with keep-alive', () => {
    const { config } = resolve({ connectionString: 'postgres://u:p@h:1/d', connectionTimeoutMillis: 5 })
    expect(config).toMatchObject({
      user: 'u',
      password: 'p',
      host: 'h',
      port: 1,
      database: 'd',
      keepAlive: true,
    })
    expect(config).not.toHaveProperty('connectionString')
    expect(config).not.toHaveProperty('connectionTimeoutMillis')
    expect(resolve({ keepAlive: false }).config.keepAlive).toBe(false)
  })

  test.each([
    ['postgres://a,b/d', 'one host'],
    ['postgres://h:port/d', 'percent-encoded'],
    ['http://[', 'percent-encoded'],
  ])('is refused when it cannot be read, without repeating it: %s', (connectionString, expected) => {
    expect(() => resolve({ connectionString })).toThrow(expected)
    expect(() => resolve({ connectionString })).not.toThrow(connectionString)
  })
})

describe('what is no URL', () => {
  test.each([
    'host=db.example.com password=hunter2',
    'user:hunter2@host/database',
    'http://user:hunter2@host/',
  ])('is refused without being repeated: %s', connectionString => {
    expect(() => resolveClientConfig({ connectionString }, {})).toThrow(/expected postgres:/)
    expect(() => resolveClientConfig({ connectionString }, {})).not.toThrow(/hunter2/)
  })

  test.each(['/var/run/postgresql shop', 'shop', 'socket:/tmp?db=shop'])(
    'may be what pg takes: %s',
    connectionString => {
      expect(resolveClientConfig({ connectionString }, {}).target.database).toBe('shop')
    },
  )
})

describe('a password', () => {
  const secret = 'hunter2-with-some-length'

  test.each([
    ['in the URL', { connectionString: `postgres://u:${secret}@h/d` }],
    ['in the options', { host: 'h', password: secret }],
  ])('%s is there for the driver and not shown', (_, options) => {
    const resolved = resolve(options)
    expect(resolved.config.password).toBe(secret)
    expect(inspect(resolved, { depth: 9 })).not.toContain(secret)
    expect(JSON.stringify(resolved)).not.toContain(secret)
  })

  test('that is a function is asked each time, and its failure explained', async () => {
    const answers = [secret, 'another']
    const password = () => {
      const answer = answers.shift()
      if (answer === undefined) throw new Error('the vault is sealed')
      return answer
    }
    const ask = resolve({ host: 'h', password }).config.password as () => Promise<string>
    expect([await ask(), await ask()]).toEqual([secret, 'another'])
    await expect(ask()).rejects.toMatchObject({
      code: 'HOLDFAST_CONNECT_PASSWORD',
      retry: 'never',
      cause: { message: 'the vault is sealed' },
    })
  })
})

describe('TLS', () => {
  test('follows the URL, then PGSSLMODE, and the ssl option before both', () => {
    const connectionString = 'postgres://h.example.com/d?sslmode=no-verify'
    const unverified = { rejectUnauthorized: false }
    expect(resolve({ connectionString }, { PGSSLMODE: 'disable' }).config.ssl).toMatchObject(unverified)
    expect(resolve({ host: 'h.example.com' }, { PGSSLMODE: 'disable' }).config.ssl).toBe(false)
    expect(resolve({ connectionString, ssl: false }).config.ssl).toBe(false)
    expect(resolve({ connectionString: 'postgres://h.example.com/d?ssl=0' }).config.ssl).toBe(false)
    const forced = resolve({ connectionString: 'postgres://localhost/d?ssl=true' }).config.ssl
    expect(forced).toMatchObject({ rejectUnauthorized: true })
  })

  test('warns about a remote host that is not protected, and about no other', () => {
    const codes = (options: PoolOptions) => resolve(options).warnings.map(({ code }) => code)
    expect(codes({ host: 'h.example.com', ssl: false })).toEqual(['tls-off'])
    expect(codes({ connectionString: 'postgres://h.example.com/d?sslmode=no-verify' })).toEqual([
      'tls-unverified',
    ])
    expect(codes({ host: 'h.example.com' })).toEqual([])
    expect(codes({ host: 'localhost' })).toEqual([])
  })

  test('does not show the key of the client', () => {
    const { config } = resolve({ host: 'h.example.com', ssl: { key: 'secret key', cert: 'certificate' } })
    expect(config.ssl).toHaveProperty('key', 'secret key')
    expect(inspect(config, { depth: 9 })).not.toContain('secret key')
  })
})

describe('a pooler in between', () => {
  const host = 'aws-0-eu-central-1.pooler.supabase.com'

  test('is told by host and port, also of a URL', () => {
    expect(resolve({ host, port: 6543 }).pooler.pooler?.mode).toBe('transaction')
    expect(resolve({ connectionString: `postgres://u:p@${host}/db` }).pooler.pooler?.mode).toBe('session')
    expect(resolve({ host: 'db.example.com' }).pooler.pooler).toBeUndefined()
  })

  test('is what the option says, whatever the host says', () => {
    expect(resolve({ host, pooler: 'none' }).pooler.pooler).toBeUndefined()
    expect(resolve({ host, port: 6543, pooler: 'session' }).pooler.pooler?.mode).toBe('session')
    expect(resolve({ host: 'localhost', pooler: 'transaction' }).pooler.pooler?.mode).toBe('transaction')
  })

  test('makes pools small only when it is one of Supabase', () => {
    expect(resolve({ host, port: 6543 }).place.supabasePooler).toBe(true)
    expect(resolve({ host: 'db.abc.supabase.co', port: 6543 }).place.supabasePooler).toBe(true)
    expect(resolve({ host: 'db.abc.supabase.co', port: 5432 }).place.supabasePooler).toBe(false)
    expect(resolve({ host: 'localhost', pooler: 'transaction' }).place.supabasePooler).toBe(false)
  })

  test('leaves the time of a statement to us where no session can be told of it', () => {
    const timeout = (options: PoolOptions) => resolve({ ...options, statement_timeout: 5_000 }).place
    expect(timeout({ pooler: 'transaction' }).untoldTimeout).toBe(5_000)
    expect(timeout({ pooler: 'session' }).untoldTimeout).toBe(0)
    expect(timeout({}).untoldTimeout).toBe(0)
    expect(resolve({ pooler: 'transaction' }).place.untoldTimeout).toBe(0)
  })
})

import { describe, expect, test } from 'vitest'
import { resolveHosts } from './hosts.js'

const resolve = (connectionString: string, options = {}) => resolveHosts({ ...options, connectionString }, {})
const places = (connectionString: string, options = {}) =>
  resolve(connectionString, options).nodes.map(({ target }) => `${target.host}:${target.port}`)

describe('several hosts', () => {
  test('are tried in the order of the URL, each with its own port and all with the same rest', () => {
    const { nodes, attrs, shuffled } = resolve('postgres://u:p@a:1,b,[::1]:3/d?application_name=x')
    expect(nodes.map(({ target }) => target)).toEqual([
      { host: 'a', port: 1, database: 'd', user: 'u' },
      { host: 'b', port: 5432, database: 'd', user: 'u' },
      { host: '::1', port: 3, database: 'd', user: 'u' },
    ])
    for (const { config } of nodes) expect(config).toMatchObject({ password: 'p', application_name: 'x' })
    expect({ attrs, shuffled }).toEqual({ attrs: 'any', shuffled: false })
  })

  test('take the port of the options where they name none', () => {
    expect(places('postgres://a:1,b/d', { port: 7 })).toEqual(['a:1', 'b:7'])
  })

  test('are protected each by its own rule: only what is remote needs TLS', () => {
    const { nodes } = resolve('postgres://localhost,db.example.com/d')
    expect(nodes.map(({ config }) => Boolean(config.ssl))).toEqual([false, true])
  })

  test('may have a password with commas and an @', () => {
    expect(places('postgres://u:a,b@c,d@h1,h2/d')).toEqual(['h1:5432', 'h2:5432'])
    expect(places('postgres://u:a,b@h/d')).toEqual(['h:5432'])
  })
})

test.each(['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'])(
  'target_session_attrs=%s is taken out of the URL, also of one with a single host',
  attrs => {
    const resolved = resolve(`postgres://a/d?target_session_attrs=${attrs}&load_balance_hosts=random`)
    expect(resolved).toMatchObject({ attrs, shuffled: true })
    expect(resolved.nodes[0].config).not.toHaveProperty('target_session_attrs')
    expect(resolved.nodes[0].config).not.toHaveProperty('load_balance_hosts')
  },
)

test('without a URL there is the one host of the options', () => {
  expect(resolveHosts({ host: 'h', port: 3 }, {}).nodes.map(({ target }) => target.host)).toEqual(['h'])
})

describe('is refused without being repeated', () => {
  test.each([
    ['postgres://u:hunter2@a,,b/d', 'connectionString', 'at place 2 of 3'],
    ['postgres://u:hunter2@a:1,b:0/d', 'connectionString', 'at place 2 of 2'],
    ['postgres://u:hunter2@a:1,b:65536/d', 'connectionString', 'at place 2 of 2'],
    ['postgres://u:hunter2@a:x,b/d', 'connectionString', 'at place 1 of 2'],
    ['postgres://u:hunter2,x/secret@a,b/d', 'connectionString', 'at place 1 of 2'],
    ['postgres://u:hunter2@a,[::1/d', 'connectionString', 'at place 2 of 2'],
    ['postgres://u:hunter2@a,b/d?host=c', 'connectionString', '"?host="'],
    [
      'postgres://u:hunter2@a,b/d?target_session_attrs=master',
      'connectionString?target_session_attrs',
      'primary',
    ],
    ['postgres://u:hunter2@a,b/d?load_balance_hosts=yes', 'connectionString?load_balance_hosts', 'random'],
  ])('%s', (connectionString, path, words) => {
    const refusal = () => resolve(connectionString)
    expect(refusal).toThrow(expect.objectContaining({ path }))
    expect(refusal).toThrow(words)
    expect(refusal).not.toThrow(/hunter2|secret|master|yes/)
  })
})

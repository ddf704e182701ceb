import { expect, test } from 'vitest'
import { OptionsError } from '../base/errors.js'
import { failureOf, isNoScript, RedisFailure } from './redis-failure.js'

test.each([
  ['READONLY You can not write against a read only replica.', 'gone'],
  ['MOVED 1234 10.0.0.1:6379', 'gone'],
  ['LOADING Redis is loading the dataset in memory', 'gone'],
  ['WRONGPASS invalid username-password pair', 'refused'],
  ['NOPERM this user has no permissions', 'refused'],
  ['OOM command not allowed', 'busy'],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'busy'],
  ['ERR unknown command `X`, with args beginning with: `secret`', 'busy'],
  ['INCARNATION of the cache is another', 'incarnation'],
  ['Socket closed unexpectedly', 'down'],
  ['The client is closed', 'down'],
])('the answer "%s" means that the server is %s', (message, trouble) => {
  expect(failureOf(new Error(message)).trouble).toBe(trouble)
})

test('no address, command or value of an error is repeated', () => {
  const system = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' })
  const tls = Object.assign(new Error('self-signed certificate of db.example'), { code: 'SELF_SIGNED' })
  const server = new Error('ERR unknown command `X`, with args beginning with: `secret`')
  const shown = [system, tls, server].map(error => failureOf(error).message).join()
  expect(shown).not.toMatch(/10\.0\.0\.1|db\.example|secret|`X`/)
  expect(shown).toContain('nothing listens at the address')
  expect(shown).toContain('SELF_SIGNED')
})

test('a failure stays what it is, and a wrong option keeps its words', () => {
  const failure = new RedisFailure('slow', 'no answer')
  expect(failureOf(failure)).toBe(failure)
  expect(failureOf(new OptionsError('cache.redis', 'the package', 'none'))).toMatchObject({
    trouble: 'refused',
  })
})

test('a script that the server does not know is told from other errors', () => {
  expect(isNoScript(new Error('NOSCRIPT No matching script.'))).toBe(true)
  expect(isNoScript(new Error('OOM'))).toBe(false)
})

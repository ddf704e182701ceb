import { expect, test } from 'vitest'
import { type Asking, operatorAccess } from './operator-access.js'

const TOKEN = 'a-token-of-some-length'

function from(headers: Asking['headers'], remoteAddress = '127.0.0.1'): Asking {
  return { headers: { host: '127.0.0.1:3000', ...headers }, socket: { remoteAddress } }
}

test.each([
  ['from this machine', from({}), 'granted'],
  ['over IPv6', from({ host: '[::1]:3000' }, '::1'), 'granted'],
  ['as an IPv4 address in IPv6', from({ host: 'localhost' }, '::ffff:127.0.0.1'), 'granted'],
  ['from elsewhere', from({}, '10.0.0.7'), 'elsewhere'],
  ['from nowhere', { ...from({}), socket: {} }, 'elsewhere'],
  ['through a proxy on this machine', from({ 'x-forwarded-for': '10.0.0.7' }), 'elsewhere'],
  ['through a proxy that says so in words', from({ forwarded: 'for=10.0.0.7' }), 'elsewhere'],
  ['under the name of another site', from({ host: 'evil.example' }), 'elsewhere'],
  ['under a name that only begins as ours', from({ host: 'localhost.evil.example' }), 'elsewhere'],
])('without a token, %s: %s', (_, request, access) => {
  expect(operatorAccess(request, undefined)).toBe(access)
})

test.each([
  ['the right one, from anywhere', from({ authorization: `Bearer ${TOKEN}` }, '10.0.0.7'), 'granted'],
  ['none, from this machine', from({}), 'token-needed'],
  ['a wrong one', from({ authorization: `Bearer ${TOKEN}x` }), 'token-needed'],
  ['an empty one', from({ authorization: 'Bearer ' }), 'token-needed'],
  ['another scheme', from({ authorization: `Basic ${TOKEN}` }), 'token-needed'],
])('with a token set, %s: %s', (_, request, access) => {
  expect(operatorAccess(request, TOKEN)).toBe(access)
})

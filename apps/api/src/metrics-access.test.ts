import { expect, test } from 'vitest'
import { metricsAccess, type Scrape } from './metrics-access.js'

const TOKEN = 'a-token-of-some-length'

function scrape(headers: Scrape['headers'], remoteAddress = '127.0.0.1'): Scrape {
  return { headers: { host: '127.0.0.1:3000', ...headers }, socket: { remoteAddress } }
}

test.each([
  ['from this machine', scrape({}), 'granted'],
  ['over IPv6', scrape({ host: '[::1]:3000' }, '::1'), 'granted'],
  ['as an IPv4 address in IPv6', scrape({ host: 'localhost' }, '::ffff:127.0.0.1'), 'granted'],
  ['from elsewhere', scrape({}, '10.0.0.7'), 'elsewhere'],
  ['from nowhere', { ...scrape({}), socket: {} }, 'elsewhere'],
  ['through a proxy on this machine', scrape({ 'x-forwarded-for': '10.0.0.7' }), 'elsewhere'],
  ['through a proxy that says so in words', scrape({ forwarded: 'for=10.0.0.7' }), 'elsewhere'],
  ['under the name of another site', scrape({ host: 'evil.example' }), 'elsewhere'],
  ['under a name that only begins as ours', scrape({ host: 'localhost.evil.example' }), 'elsewhere'],
])('without a token, %s: %s', (_, request, access) => {
  expect(metricsAccess(request, undefined)).toBe(access)
})

test.each([
  ['the right one, from anywhere', scrape({ authorization: `Bearer ${TOKEN}` }, '10.0.0.7'), 'granted'],
  ['none, from this machine', scrape({}), 'token-needed'],
  ['a wrong one', scrape({ authorization: `Bearer ${TOKEN}x` }), 'token-needed'],
  ['an empty one', scrape({ authorization: 'Bearer ' }), 'token-needed'],
  ['another scheme', scrape({ authorization: `Basic ${TOKEN}` }), 'token-needed'],
])('with a token set, %s: %s', (_, request, access) => {
  expect(metricsAccess(request, TOKEN)).toBe(access)
})

import { expect, test } from 'vitest'
import type { Asking } from '../operator-access.js'
import { COOKIE, PageGuard, SIGNED_IN } from './page-access.js'

const TOKEN = 'a-token-of-the-live-page'
const from = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1'): Asking => ({
  headers: { host: 'localhost:3000', ...headers },
  socket: { remoteAddress },
})

test.each([
  ['this machine', from(), 'granted'],
  ['this machine over IPv6', from({ host: '[::1]:3000' }, '::1'), 'granted'],
  ['this machine, IPv4 within IPv6', from({ host: '127.0.0.1' }, '::ffff:127.0.0.1'), 'granted'],
  ['another machine', from({}, '10.0.0.7'), 'elsewhere'],
  ['another machine with a name like this one', from({ host: 'localhost' }, '192.168.127.1'), 'elsewhere'],
  ['a proxy on this machine', from({ 'x-forwarded-for': '203.0.113.9' }), 'elsewhere'],
  ['a site whose name leads here', from({ host: 'evil.example' }), 'elsewhere'],
  ['a name that only begins as ours', from({ host: 'localhost.evil.example' }), 'elsewhere'],
  ['a page of another site', from({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }), 'elsewhere'],
  ['a link', from({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }), 'granted'],
  ['a request without a Host', { headers: {}, socket: { remoteAddress: '127.0.0.1' } }, 'elsewhere'],
] as const)('without a token, %s', (_, request, access) => {
  expect(new PageGuard(undefined).access(request)).toBe(access)
})

test('with a token, only who has it sees the page, wherever they are', () => {
  const guard = new PageGuard(TOKEN)
  expect(guard.access(from())).toBe('token-needed')
  expect(guard.access(from({ authorization: `Bearer ${TOKEN}` }, '10.0.0.7'))).toBe('granted')
  for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, 'Bearer ', TOKEN])
    expect(guard.access(from({ authorization: wrong }))).toBe('token-needed')
})

test('a sign-in is good for twelve hours, for the token it was made with, and cannot be made longer', () => {
  let now = 1_000_000
  const guard = new PageGuard(TOKEN, () => now)
  const cookie = guard.signIn(TOKEN) ?? ''
  const withCookie = (value: string) => guard.access(from({ cookie: `a=b; ${COOKIE}=${value}; c` }))
  expect(withCookie(cookie)).toBe('granted')
  expect(
    new PageGuard('another-token-altogether', () => now).access(from({ cookie: `${COOKIE}=${cookie}` })),
  ).toBe('token-needed')
  expect(withCookie(cookie.replace(/^\d+/, end => String(Number(end) + 1)))).toBe('token-needed')
  for (const bad of ['', '.', 'x.y', '9'.repeat(400), `${cookie}x`])
    expect(withCookie(bad)).toBe('token-needed')
  now += (SIGNED_IN + 1) * 1000
  expect(withCookie(cookie)).toBe('token-needed')
})

test.each([undefined, null, 7, {}, '', 'wrong', `${TOKEN}\u0000`])('%j does not sign anybody in', token => {
  expect(new PageGuard(TOKEN).signIn(token)).toBeUndefined()
  expect(new PageGuard(undefined).signIn(token)).toBeUndefined()
})

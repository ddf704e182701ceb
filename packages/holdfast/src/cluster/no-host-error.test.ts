import { expect, test } from 'vitest'
import { ConnectError } from '../base/errors.js'
import { noHostError } from './no-host-error.js'

const at = (host: string, port = 5432) => ({ host, port, database: 'd', user: 'u' })
const refused = new ConnectError('HOLDFAST_CONNECT_REFUSED', 'Cannot connect to a. Is PostgreSQL running?', {
  cause: new Error('connect ECONNREFUSED'),
})
const wrong = Object.assign(new Error('password authentication failed'), { code: '28P01' })

test('names each host once, with the words of the driver', () => {
  const refusals = [
    { target: at('a'), why: refused },
    { target: at('::1', 1), why: 'it is a standby' },
    { target: at('/run/db'), why: wrong },
  ]
  const error = noHostError(refusals, 'primary')
  expect(error.message).toBe(
    'No host can be used (target_session_attrs=primary). a:5432: connect ECONNREFUSED; [::1]:1: it is a standby; /run/db: password authentication failed.',
  )
  expect((error.cause as AggregateError).errors).toEqual([refused, wrong])
})

test('trying again helps when it may help with one of them', () => {
  const retryOf = (...whys: (Error | string)[]) =>
    (
      noHostError(
        whys.map(why => ({ target: at('h'), why })),
        'any',
      ) as ConnectError
    ).retry
  expect(retryOf(wrong, wrong)).toBe('never')
  expect(retryOf(wrong, refused)).toBe('safe')
  expect(retryOf(wrong, 'it is a standby')).toBe('safe')
})

test('what keeps a single host from being connected to speaks for itself', () => {
  expect(noHostError([{ target: at('a'), why: refused }], 'primary')).toBe(refused)
})

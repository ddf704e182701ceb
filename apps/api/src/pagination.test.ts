import { expect, test } from 'vitest'
import { pageFrom, sendOffsetPage, sendPage } from './pagination.js'

function exchange(url: string) {
  const headers: Record<string, string> = {}
  const reply = { header: (name: string, value: string) => Object.assign(headers, { [name]: value }) }
  return { request: { url } as never, reply: reply as never, headers }
}

test('a page is asked for by keyset unless an offset is given', () => {
  expect(pageFrom({})).toEqual({ kind: 'keyset', limit: 20 })
  expect(pageFrom({ limit: 5, after: 'x' })).toEqual({ kind: 'keyset', limit: 5, after: 'x' })
  expect(pageFrom({ offset: 0 })).toEqual({ kind: 'offset', limit: 20, offset: 0 })
})

test('a page cannot be asked for in both ways', () => {
  expect(() => pageFrom({ after: 'x', offset: 1 })).toThrow('offset must not be given together with after')
})

test('the link keeps what was asked and replaces the cursor', () => {
  const { request, reply, headers } = exchange('/api/creators/search?q=a%26b&limit=5&after=old')
  sendPage(request, reply, { items: [], next: 'new/=' })
  expect(headers.link).toBe('</api/creators/search?q=a%26b&limit=5&after=new%2F%3D>; rel="next"')
})

test('the last page has no link', () => {
  const { request, reply, headers } = exchange('/api/creators')
  expect(sendPage(request, reply, { items: [1], next: null })).toEqual({ items: [1], next: null })
  expect(headers).toEqual({})
})

test('a full page by offset links to the one behind it, a short one does not', () => {
  const { request, reply, headers } = exchange('/api/sessions?offset=4&limit=2')
  const page = { kind: 'offset', limit: 2, offset: 4 } as const
  sendOffsetPage(request, reply, { items: [1], page })
  expect(headers).toEqual({})
  sendOffsetPage(request, reply, { items: [1, 2], page })
  expect(headers.link).toBe('</api/sessions?offset=6&limit=2>; rel="next"')
})

import { expect, test } from 'vitest'
import { allowedMethods } from './known-route.js'

const ROUTES = [
  { method: 'GET', url: '/api/users/:id' },
  { method: 'HEAD', url: '/api/users/:id' },
  { method: 'PATCH', url: '/api/users/me' },
  { method: 'OPTIONS', url: '*' },
].map(route => ({ ...route, access: 'public' as const }))

test.each([
  ['/api/users/7', ['GET', 'HEAD']],
  ['/api/users/me', ['GET', 'HEAD', 'PATCH']],
  ['/api/users', []],
  ['/api/users/7/x', []],
  ['/', []],
])('%s allows %j', (path, methods) => {
  expect(allowedMethods(ROUTES, path)).toEqual(methods)
})

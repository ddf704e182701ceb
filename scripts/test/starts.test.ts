import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clone, cloneRepository } from './support/clone.js'
import { readReadme } from './support/readme.js'
import { addressOf, complaintOf } from './support/service.js'
import { type Command, launch } from './support/terminal.js'

const { start } = readReadme()
const occupant = createServer()
const starts: Command[] = []

let clone: Clone
beforeAll(async () => {
  // As the account of the tests, root included; PostgreSQL's own account may enter then.
  clone = cloneRepository({ mode: 0o755 })
  occupant.listen(0, '127.0.0.1')
  await once(occupant, 'listening')
})
afterAll(async () => {
  await Promise.all(starts.map(each => each.kill()))
  occupant.close()
  clone?.remove()
})

function begin(env: Record<string, string> = {}): Command {
  const command = launch(start, { folder: clone.folder, env: { HOME: clone.home, PORT: '0', ...env } })
  starts.push(command)
  return command
}

test('production without DATABASE_URL is refused', async () => {
  const complaint = await complaintOf(begin({ NODE_ENV: 'production' }))
  expect(complaint).toContain('NODE_ENV=production needs DATABASE_URL')
})

test('a setting that does not fit is told before anything is started', async () => {
  const complaint = await complaintOf(begin({ PORT: 'http' }))
  expect(complaint).toContain('PORT: expected a whole number')
  expect(complaint).not.toContain('PostgreSQL')
})

test('a start that is interrupted before it is ready leaves nothing that prevents the next', async () => {
  const interrupted = begin()
  await interrupted.printed(/Starting PostgreSQL/)
  expect((await interrupted.interrupt()).output).not.toContain('DIGIS answers')
  const next = begin()
  await addressOf(next)
  expect(await next.kill()).toMatchObject({ signal: 'SIGKILL' })
}, 180_000)

test('of two starts at once in one folder one serves, and others are told which and where', async () => {
  const both = [begin(), begin()]
  const addresses = await Promise.all(both.map(each => addressOf(each).catch(() => undefined)))
  expect(addresses.filter(address => address !== undefined)).toHaveLength(1)
  const first = addresses[0] === undefined ? 1 : 0
  expect(await complaintOf(both[1 - first] as Command)).toMatch(/The demo runs already: process \d+/)

  const [, pid, address] = /process (\d+) listens on (\S+)\. Stop/.exec(await complaintOf(begin())) ?? []
  expect(both[first]?.processes()).toContain(Number(pid))
  expect(address).toBe(addresses[first])
  expect(await both[first]?.interrupt()).toMatchObject({ code: 0, signal: null })
})

test('a PORT that is taken is named, with what to do', async () => {
  const { port } = occupant.address() as AddressInfo
  const complaint = await complaintOf(begin({ PORT: String(port) }))
  expect(complaint).toContain(`Port ${port} is in use. Choose another: PORT=4000 npm start`)
})

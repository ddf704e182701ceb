import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, startPostgres } from '@holdfast/testkit'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Owner, runOwner } from './owner.js'
import { query } from './query.js'

const testkit = JSON.stringify(import.meta.resolve('@holdfast/testkit'))

const STARTS_SERVER = `
  import { isAlive, startPostgres } from ${testkit}
  const server = await startPostgres()
  console.log(JSON.stringify({ pid: server.pid, guardian: server.guardianPid, log: server.logFile }))`

const WAITS = 'await new Promise(resolve => setTimeout(resolve, 600_000))'

/** Vitest looks again and again: no event tells of the end of a process that is not our child. */
async function expectNothingLeft({ said }: Owner): Promise<void> {
  await vi.waitFor(
    () => expect([isAlive(Number(said.pid)), isAlive(Number(said.guardian))]).toEqual([false, false]),
    20_000,
  )
  expect(existsSync(String(said.log))).toBe(false)
}

test('a server and its files go away when its owner is killed without warning', async () => {
  const owner = await runOwner(`${STARTS_SERVER}\n${WAITS}`)
  expect(isAlive(Number(owner.said.pid))).toBe(true)
  owner.process.kill('SIGKILL')
  await expectNothingLeft(owner)
})

test('a paused server goes away as well when its owner is killed', async () => {
  const owner = await runOwner(`${STARTS_SERVER}\nserver.pause()\n${WAITS}`)
  owner.process.kill('SIGKILL')
  await expectNothingLeft(owner)
})

test('a running server does not keep its owner alive', async () => {
  const owner = await runOwner(STARTS_SERVER)
  if (owner.process.exitCode === null) await once(owner.process, 'exit')
  expect(owner.process.exitCode).toBe(0)
  await expectNothingLeft(owner)
})

test('an interruption from the terminal leaves the server to its owner', async () => {
  const owner = await runOwner(`
    process.once('SIGINT', async () => {
      await server.createDatabase()
      await server[Symbol.asyncDispose]()
      process.exit(7)
    })
    ${STARTS_SERVER}
    ${WAITS}`)
  process.kill(Number(owner.said.guardian), 'SIGINT')
  owner.process.kill('SIGINT')
  const [code] = await once(owner.process, 'exit')
  expect(code).toBe(7)
  await expectNothingLeft(owner)
})

test('a server that lost both its owner and its guardian is ended by the next one on its data', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o777)
  const dataDirectory = join(folder, 'server')
  const owner = await runOwner(`
    import { isAlive, startPostgres } from ${testkit}
    const server = await startPostgres({ dataDirectory: ${JSON.stringify(dataDirectory)} })
    console.log(JSON.stringify({ pid: server.pid, guardian: server.guardianPid }))
    ${WAITS}`)
  // Stopped first, so that the guardian cannot see its owner go.
  process.kill(Number(owner.said.guardian), 'SIGSTOP')
  owner.process.kill('SIGKILL')
  process.kill(Number(owner.said.guardian), 'SIGKILL')
  await once(owner.process, 'exit')
  expect(isAlive(Number(owner.said.pid))).toBe(true)

  await using server = await startPostgres({ dataDirectory })
  expect(isAlive(Number(owner.said.pid))).toBe(false)
  expect(await query(server.url, 'SELECT 1 AS id')).toEqual([{ id: 1 }])
})

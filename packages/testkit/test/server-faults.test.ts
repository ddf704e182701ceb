import { FaultProxy, startPostgres, startRedis } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { query } from './query.js'

test('one backend can be frozen and killed; then the server recovers, and others are refused', async () => {
  const server = await startPostgres()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const client = new pg.Client({ connectionString: server.url }).on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  const { pid } = rows[0]
  server.signalBackend(pid, 'SIGSTOP')
  const frozen = client.query('SELECT 1 AS one')
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  server.signalBackend(pid, 'SIGCONT')
  expect((await frozen).rows).toEqual([{ one: 1 }])
  const ended = new Promise(resolve => client.once('end', resolve))
  server.signalBackend(pid, 'SIGKILL')
  await ended
  const again = () => query(server.url, 'SELECT 1 AS one').catch(() => undefined)
  await expect.poll(again, { timeout: 30_000 }).toEqual([{ one: 1 }])
  expect(() => server.signalBackend(process.pid, 'SIGKILL')).toThrow("none of this server's")
})

test('a Redis restarts on its port, empty, and a proxy cuts it at a command', async () => {
  const server = await startRedis()
  const proxy = await FaultProxy.start(server.port, { protocol: 'redis' })
  const connect = async () => {
    const client = createClient({
      url: `redis://127.0.0.1:${proxy.port}`,
      socket: { reconnectStrategy: false },
    })
    client.on('error', () => undefined)
    return client.connect()
  }
  const first = await connect()
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  const { port } = server
  await first.set('key', 'kept')
  expect(await first.get('key')).toBe('kept')
  const fault = proxy.inject({ when: { direction: 'requests', text: 'key', nth: 2 }, do: 'cut', at: 'after' })
  expect(await first.incr('other-key')).toBe(1)
  await expect(first.incr('other-key')).rejects.toThrow()
  expect(fault.strikes).toBe(1)
  const second = await connect()
  expect(await second.get('other-key')).toBe('2')
  second.destroy()
  await server.restart()
  expect(server.port).toBe(port)
  const third = await connect()
  expect(await third.get('key')).toBeNull()
  third.destroy()
})

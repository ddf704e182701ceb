import { FaultProxy, temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { expect, onTestFinished, test } from 'vitest'

/** Below what connecting, or a query without limits of its own, is given up after. */
const SOON = 4_000

/** A cached pool behind a proxy that has lost a connection, so that it has to ask again who its server is. */
async function doubtingPool() {
  const { url } = await temporaryDatabase()
  const proxy = await FaultProxy.start(Number(new URL(url).port))
  const connectionString = Object.assign(new URL(url), { port: String(proxy.port) }).href
  const pool = new Pool({ connectionString, max: 2, cache: { tables: { items: '1m' } } })
  onTestFinished(async () => {
    proxy.heal()
    await pool.end()
    await proxy[Symbol.asyncDispose]()
  })
  await pool.query('CREATE TABLE items (id integer PRIMARY KEY)')
  const [client, other] = await Promise.all([pool.connect(), pool.connect()])
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  client.release()
  const lost = new Promise(resolve => pool.once('remove', resolve))
  await other.query(
    'SELECT pg_terminate_backend($1)',
    rows.map(({ pid }) => pid),
  )
  await lost
  return { pool, proxy, other }
}

/** Fails unless a call is over soon, with an error that says that its time was. */
async function expectTimeoutSoon(call: Promise<unknown>): Promise<void> {
  const began = performance.now()
  await expect(call).rejects.toMatchObject({ category: 'timeout' })
  expect(performance.now() - began).toBeLessThan(SOON)
}

test('while the definitions cannot be looked at, a read is over at its own deadline', async () => {
  const { pool, proxy, other } = await doubtingPool()
  other.release()
  proxy.stall()
  await expectTimeoutSoon(pool.query({ text: 'SELECT id FROM items', timeout: 500 }))
})

test('and so is a transaction that has its connection already', async () => {
  const { proxy, other } = await doubtingPool()
  proxy.stall()
  await expectTimeoutSoon(other.query({ text: 'BEGIN', timeout: 500 } as never) as never)
  other.release(true)
})

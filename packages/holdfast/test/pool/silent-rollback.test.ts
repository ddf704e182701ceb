import { FaultProxy, temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { expect, onTestFinished, test } from 'vitest'

test('a transaction whose server falls silent is over for its caller at its deadline, though its rollback is not', async () => {
  const { url } = await temporaryDatabase()
  const proxy = await FaultProxy.start(Number(new URL(url).port))
  const connectionString = Object.assign(new URL(url), { port: String(proxy.port) }).href
  const pool = new Pool({ connectionString, max: 1 })
  onTestFinished(async () => {
    proxy.heal()
    await pool.end()
    await proxy[Symbol.asyncDispose]()
  })
  await pool.query('CREATE TABLE kept (id integer)')
  const began = performance.now()
  const transaction = pool.transaction(
    async tx => {
      await tx.query('INSERT INTO kept VALUES (1)')
      proxy.stall()
      await tx.query({ text: 'INSERT INTO kept VALUES (2)', timeout: 100 })
    },
    { timeout: 1_000 },
  )
  await expect(transaction).rejects.toMatchObject({ code: 'HOLDFAST_QUERY_TIMEOUT' })
  // Waiting for the rollback would take the five seconds after which a silent connection is given up.
  expect(performance.now() - began).toBeLessThan(4_500)
  proxy.heal()
  // The only connection, or the one that took its place, is fit for the next caller.
  expect((await pool.query('SELECT count(*)::int AS n FROM kept')).rows).toEqual([{ n: 0 }])
})

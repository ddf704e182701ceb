import { seededRandom, temporaryDatabase } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { runLedger } from '../long/ledger/run.mjs'

test('random transfers of 8 sessions add up, each once, while backends are killed and connections cut', async () => {
  const { seed } = seededRandom()
  const { url } = await temporaryDatabase()
  const found = await runLedger({ url, seed, orders: 25 })
  expect(found, `Seed ${seed}`).toMatchObject({ ok: true, violations: [] })
  expect(found.killed + found.cut).toBeGreaterThan(0)
  expect(found.posted).toBeGreaterThan(50)
})

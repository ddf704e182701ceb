import { Pool } from 'holdfast'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { maintain } from '../dist/keep-maintained.js'
import { startService, type TestService } from './support/service.js'

let service: TestService
const log: Record<string, unknown>[] = []
const logger = pino({ base: null }, { write: line => log.push(JSON.parse(line)) })
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.close())

test('once a night partitions are made and daily statistics mended, and the log says what', async () => {
  const [creator, fan] = [await service.join({ is_creator: true }), await service.join()]
  await service.call('POST /api/sessions', { token: fan.token, body: { creator_id: creator.id } })
  await service.direct.query(`
    UPDATE creator_daily_stats SET sessions = 9;
    DROP TABLE creator_daily_stats_${await month(3)};
    UPDATE partition_policies SET ahead = 3`)
  await maintain(service.direct, logger)
  expect(log.map(({ msg }) => msg)).toEqual([
    'Partitions were maintained',
    'Daily statistics differed and were mended',
  ])
  expect(log[1]).toMatchObject({ mended: 1, differences: [{ creator_id: creator.id, sessions: -8 }] })
  await maintain(service.direct, logger)
  expect(log).toHaveLength(2)
})

/** What a month from now is called in the name of a partition. */
async function month(ahead: number): Promise<string> {
  const query = "SELECT to_char((now() AT TIME ZONE 'UTC') + make_interval(months => $1), 'YYYY_MM') AS name"
  return (await service.direct.query(query, [ahead])).rows[0].name
}

test('a database that is away is a line in the log, and the next time is another chance', async () => {
  const nowhere = new Pool({
    connectionString: 'postgres://nobody@127.0.0.1:1/nothing',
    connectionTimeoutMillis: 100,
  })
  await maintain(nowhere, logger)
  await nowhere.end()
  expect(log.at(-1)).toMatchObject({ level: 40, msg: 'The nightly maintenance of the database failed' })
})

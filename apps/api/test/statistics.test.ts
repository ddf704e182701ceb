import { refreshCreatorStats } from '@holdfast/digis'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { refreshStats } from '../dist/refresh-stats.js'
import { startService } from './support/service.js'

test('the statistics of creators come up to date by themselves, once for all processes', async () => {
  const service = await startService()
  const lines: string[] = []
  const logger = pino({}, { write: line => lines.push(line) })
  await service.join({ is_creator: true })
  const jobs = [1, 2].map(() => refreshStats({ databaseUrl: service.database.url, logger, everyMillis: 20 }))
  const counted = async () =>
    (await service.direct.query('SELECT count(*)::int AS n FROM creator_stats')).rows[0]?.n
  await expect.poll(counted).toBe(1)
  expect((await service.direct.query('SELECT FROM maintenance_runs')).rows).toHaveLength(1)
  expect(await refreshCreatorStats(service.direct)).toBe(false)
  await Promise.all(jobs.map(stop => stop()))
  await service.close()
  expect(lines).toEqual([])
})

test('a failure of the statistics is logged, and the next time is another chance', async () => {
  const service = await startService()
  const lines: string[] = []
  await service.direct.query('ALTER FUNCTION refresh_creator_stats RENAME TO elsewhere')
  const logger = pino({ base: null }, { write: line => lines.push(line) })
  const stop = refreshStats({ databaseUrl: service.database.url, logger, everyMillis: 20 })
  await expect.poll(() => lines.join()).toContain('Statistics of creators could not be refreshed')
  await service.direct.query('ALTER FUNCTION elsewhere RENAME TO refresh_creator_stats')
  const ran = async () => (await service.direct.query('SELECT FROM maintenance_runs')).rows.length
  await expect.poll(ran).toBe(1)
  await stop()
  await service.close()
})

import { setTimeout as delay } from 'node:timers/promises'
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { CHROMIUM } from './support/browser.js'
import { expectEachPaidOnce, expectPauseOnly } from './support/expect-pause-only.js'
import { type FetchingPage, openFetchingPage } from './support/fetching-page.js'

describe.skipIf(CHROMIUM === undefined)('a page in a real browser that fetches in a loop', () => {
  let server: PostgresServer
  let redis: RedisServer
  let page: FetchingPage
  beforeAll(async () => {
    ;[server, redis] = await Promise.all([startPostgres(), startRedis()])
    page = await openFetchingPage({ databaseUrl: server.url, redisUrl: redis.url })
  })
  afterAll(async () => {
    await page?.close()
    await Promise.all([redis?.[Symbol.asyncDispose](), server?.[Symbol.asyncDispose]()])
  })

  const stallFor = async (millis: number) => {
    server.pause()
    await delay(millis)
    server.resume()
  }

  const FAULTS: [string, () => Promise<unknown>][] = [
    ['PostgreSQL is restarted', () => server.restart({ mode: 'fast' })],
    [
      'PostgreSQL crashes and is away for a second',
      async () => {
        await server.kill()
        await delay(1_000)
        await server.start()
      },
    ],
    ['PostgreSQL stalls for half a second', () => stallFor(500)],
    ['PostgreSQL stalls for three seconds', () => stallFor(3_000)],
    [
      'Redis is killed and comes back',
      async () => {
        await redis.kill()
        await page.moreAnswers()
        await redis.start()
      },
    ],
    [
      'Redis stalls',
      async () => {
        redis.pause()
        await page.moreAnswers()
        redis.resume()
      },
    ],
  ]

  test.each(FAULTS)(
    'sees a pause and no error while %s',
    async (_, fault) => {
      await page.start()
      await fault()
      await page.moreAnswers()
      const tally = await page.stop()
      expectPauseOnly(tally)
      await expectEachPaidOnce(tally, server.url)
    },
    120_000,
  )
})

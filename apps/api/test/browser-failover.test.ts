import { type PostgresCluster, type RedisServer, startCluster, startRedis } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { CHROMIUM } from './support/browser.js'
import { expectPauseOnly } from './support/expect-pause-only.js'
import { type FetchingPage, openFetchingPage } from './support/fetching-page.js'

describe.skipIf(CHROMIUM === undefined)('a page in a real browser, of a service on a cluster', () => {
  let cluster: PostgresCluster
  let redis: RedisServer
  let page: FetchingPage
  beforeAll(async () => {
    ;[cluster, redis] = await Promise.all([startCluster(), startRedis()])
    const databaseUrl = cluster.url({ parameters: 'target_session_attrs=read-write' })
    page = await openFetchingPage({ databaseUrl, redisUrl: redis.url })
  })
  afterAll(async () => {
    await page?.close()
    await Promise.all([redis?.[Symbol.asyncDispose](), cluster?.[Symbol.asyncDispose]()])
  })

  test('sees a pause and no error while the primary dies and a standby takes over', async () => {
    await page.start()
    const [standby] = cluster.standbys
    await cluster.primary.kill()
    await cluster.promote(standby)
    await page.moreAnswers()
    // Whether the standby had received the latest payments is replication's promise, and this one replicates later.
    expectPauseOnly(await page.stop())
  }, 120_000)
})

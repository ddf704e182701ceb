import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { migrateDigis } from '@holdfast/digis'
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, openPage, type PageServer, type RealPage, servePage } from './support/browser.js'
import { type Person, type ServiceOn, serviceOn } from './support/service.js'
import { until } from './support/until.js'

/** What the page has counted; see `support/page-script.js`. */
interface Tally {
  readonly ok: number
  readonly failures: Readonly<Record<string, number>>
  readonly payments: readonly number[]
  readonly wishes: number
}

/** The function of the guide for pages, as it stands there. */
const GUIDE = readFileSync(new URL('../../../docs/guides/calling-from-a-browser.md', import.meta.url), 'utf8')
const CALL_API = /```js\n([\s\S]+?)```/.exec(GUIDE)?.[1] ?? ''
const SCRIPT = readFileSync(new URL('./support/page-script.js', import.meta.url), 'utf8')

describe.skipIf(CHROMIUM === undefined)('a page in a real browser that fetches in a loop', () => {
  let server: PostgresServer
  let redis: RedisServer
  let front: PageServer
  let service: ServiceOn
  let browser: RealPage
  let fan: Person
  let session: number

  beforeAll(async () => {
    ;[server, redis, front] = await Promise.all([startPostgres(), startRedis(), servePage()])
    const pool = new Pool({ connectionString: server.url, max: 1 })
    await migrateDigis(pool)
    await pool.end()
    service = await serviceOn(server.url, { REDIS_URL: redis.url, CORS_ORIGINS: front.origin })
    const creator = await service.join({ is_creator: true, bio: 'Salsa' })
    fan = await service.join()
    const started = await service.call('POST /api/sessions', {
      token: fan.token,
      body: { creator_id: creator.id },
    })
    session = started.body.id
    browser = await openPage(front.origin)
  })
  afterAll(async () => {
    await browser?.close()
    await service?.close()
    await front?.close()
    await Promise.all([redis?.[Symbol.asyncDispose](), server?.[Symbol.asyncDispose]()])
  })
  afterEach(() => browser.page.reload())

  /** Cached and uncached reads, and payments, side by side. */
  async function startLoops(): Promise<void> {
    await browser.page.addScriptTag({ content: `${CALL_API}\nglobalThis.callApi = callApi\n${SCRIPT}` })
    const { address } = service
    const { token } = fan
    const requests = [
      { url: `${address}/api/creators?limit=5`, pause: 20 },
      { url: `${address}/api/creators/search?q=salsa`, pause: 20 },
      { url: `${address}/api/sessions/${session}`, token, pause: 20 },
      { url: `${address}/api/users/me/tokens`, token, pause: 20 },
      { url: `${address}/api/payments`, token, pause: 20 },
      { url: `${address}/api/payments`, token, pause: 50, pay: { session_id: session, amount: '1.00' } },
    ]
    await browser.page.evaluate(list => (globalThis as never as Page).startLoops(list), requests)
    await moreAnswers()
  }

  /** Waits until the page has got more answers than it has now, from each loop a few. */
  async function moreAnswers(): Promise<void> {
    const look = () => browser.page.evaluate(() => (globalThis as never as Page).tally)
    const { ok, payments } = await look()
    await until('the page gets answers', async () => {
      const now = await look()
      return now.ok >= ok + 60 && now.payments.length >= payments.length + 3
    })
  }

  async function stopLoops(): Promise<Tally> {
    return browser.page.evaluate(() => (globalThis as never as Page).stopLoops())
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
    [
      'PostgreSQL stalls for half a second',
      async () => {
        server.pause()
        await delay(500)
        server.resume()
      },
    ],
    [
      'PostgreSQL stalls for three seconds',
      async () => {
        server.pause()
        await delay(3_000)
        server.resume()
      },
    ],
    [
      'Redis is killed and comes back',
      async () => {
        await redis.kill()
        await moreAnswers()
        await redis.start()
      },
    ],
    [
      'Redis stalls',
      async () => {
        redis.pause()
        await moreAnswers()
        redis.resume()
      },
    ],
  ]

  test.each(FAULTS)(
    'sees a pause and no error while %s',
    async (_, fault) => {
      await startLoops()
      await fault()
      await moreAnswers()
      const { ok, failures, payments, wishes } = await stopLoops()
      expect(failures).toEqual({})
      expect(ok).toBeGreaterThan(100)
      // Each payment was made once: as many as were wished for, and those that were acknowledged.
      expect(payments).toHaveLength(wishes)
      expect(new Set(payments).size).toBe(wishes)
      expect(await paymentsSince(payments)).toBe(wishes)
    },
    120_000,
  )

  /** How many payments there are from the first of these on. */
  async function paymentsSince(payments: readonly number[]): Promise<number> {
    const pool = new Pool({ connectionString: server.url, max: 1 })
    const { rows } = await pool.query('SELECT count(*)::int AS n FROM payments WHERE id >= $1', [
      Math.min(...payments),
    ])
    await pool.end()
    return rows[0].n
  }
})

/** What the script adds to the page's window. */
interface Page {
  readonly tally: Tally
  startLoops(requests: readonly object[]): void
  stopLoops(): Promise<Tally>
}

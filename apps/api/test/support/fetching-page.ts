import { readFileSync } from 'node:fs'
import { migrateDigis } from '@holdfast/digis'
import { Pool } from 'holdfast'
import { openPage, servePage } from './browser.js'
import { serviceOn } from './service.js'
import { until } from './until.js'

/** What a page has counted; see `page-script.js`. */
export interface Tally {
  readonly ok: number
  readonly failures: Readonly<Record<string, number>>
  /** The ids of the payments that were acknowledged. */
  readonly payments: readonly number[]
  /** How many payments were wished for. */
  readonly wishes: number
}

/** A page in a real browser, the service that it calls, and the loops in which it does. */
export interface FetchingPage {
  /** Begins to fetch, cached and uncached reads and payments side by side. Resolves with the first answers. */
  start(): Promise<void>
  /** Resolves when each loop has got a few more answers than it has now. */
  moreAnswers(): Promise<void>
  /** Ends the loops and begins anew. */
  stop(): Promise<Tally>
  close(): Promise<void>
}

/** Where the servers are. */
export interface Servers {
  readonly databaseUrl: string
  readonly redisUrl: string
}

/** The function of the guide for pages, as it stands there. */
const GUIDE = readFileSync(
  new URL('../../../../docs/guides/calling-from-a-browser.md', import.meta.url),
  'utf8',
)
const CALL_API = /```js\n([\s\S]+?)```/.exec(GUIDE)?.[1] ?? ''
const SCRIPT = readFileSync(new URL('./page-script.js', import.meta.url), 'utf8')

/** What the script adds to the page's window. */
interface Scripted {
  readonly tally: Tally
  startLoops(requests: readonly object[]): void
  stopLoops(): Promise<Tally>
}

/** Migrates the database, starts a service on it, and opens a page of another origin. */
export async function openFetchingPage({ databaseUrl, redisUrl }: Servers): Promise<FetchingPage> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 })
  await migrateDigis(pool)
  await pool.end()
  const front = await servePage()
  const service = await serviceOn(databaseUrl, { REDIS_URL: redisUrl, CORS_ORIGINS: front.origin })
  const requests = await requestsOf(service)
  const { page, close } = await openPage(front.origin)
  const look = () => page.evaluate(() => (globalThis as never as Scripted).tally)

  async function moreAnswers(): Promise<void> {
    const { ok, payments } = await look()
    await until('the page gets answers', async () => {
      const now = await look()
      return now.ok >= ok + 60 && now.payments.length >= payments.length + 3
    })
  }

  return {
    async start() {
      await page.addScriptTag({ content: `${CALL_API}\nglobalThis.callApi = callApi\n${SCRIPT}` })
      await page.evaluate(list => (globalThis as never as Scripted).startLoops(list), requests)
      await moreAnswers()
    },
    moreAnswers,
    async stop() {
      const tally = await page.evaluate(() => (globalThis as never as Scripted).stopLoops())
      await page.reload()
      return tally
    },
    async close() {
      await close()
      await service.close()
      await front.close()
    },
  }
}

/** What the page asks, in the name of a fan. */
async function requestsOf({ address, call, join }: Awaited<ReturnType<typeof serviceOn>>) {
  const creator = await join({ is_creator: true, bio: 'Salsa' })
  const { token } = await join()
  const { body } = await call('POST /api/sessions', { token, body: { creator_id: creator.id } })
  return [
    { url: `${address}/api/creators?limit=5`, pause: 20 },
    { url: `${address}/api/creators/search?q=salsa`, pause: 20 },
    { url: `${address}/api/sessions/${body.id}`, token, pause: 20 },
    { url: `${address}/api/users/me/tokens`, token, pause: 20 },
    { url: `${address}/api/payments`, token, pause: 20 },
    { url: `${address}/api/payments`, token, pause: 50, pay: { session_id: body.id, amount: '1.00' } },
  ]
}

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { migrateDigis } from '@holdfast/digis'
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { pino } from 'pino'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { type Served, serve } from '../../dist/main.js'
import { CHROMIUM } from './browser.js'

/** Where screenshots go, for people to look at. */
const PICTURES = fileURLToPath(new URL('../../../../.holdfast/pictures/live-page/', import.meta.url))

/** A demo whose servers the buttons of the page really hurt. */
export interface RunningDemo {
  readonly served: Served
  readonly database: PostgresServer
  readonly redis: RedisServer
  readonly close: () => Promise<void>
}

/** Settings under which the live page is there. */
export const WITH_PAGE = { NODE_ENV: 'development', LOG_LEVEL: 'silent', RATE_LIMIT: '0' }

/** Starts PostgreSQL, Redis and the demo on them; the faults last until `back` resolves. */
export async function startDemo(back: () => Promise<void>): Promise<RunningDemo> {
  const [database, redis] = await Promise.all([startPostgres(), startRedis()])
  await migrate(database.url)
  const served = await serve({
    databaseUrl: database.url,
    port: 0,
    demo: true,
    demoFaults: faultsOf(database, redis, back),
    env: { ...WITH_PAGE, REDIS_URL: redis.url },
    logger: pino({ level: 'silent' }),
  })
  return {
    served,
    database,
    redis,
    async close() {
      await served.close()
      await Promise.all([database[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()])
    },
  }
}

function faultsOf(database: PostgresServer, redis: RedisServer, back: () => Promise<void>) {
  const killed = async (server: { kill(): Promise<void>; start(): Promise<void> }) => {
    await server.kill()
    await back()
    await server.start()
  }
  return {
    killDatabase: () => killed(database),
    stallDatabase: async () => {
      database.pause()
      await back()
      database.resume()
    },
    killRedis: () => killed(redis),
  }
}

async function migrate(url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1 })
  await migrateDigis(pool)
  await pool.end()
}

/** A page that was opened, and everything that it should not have done. */
export interface OpenPage {
  readonly page: Page
  /** Errors on the console, exceptions, and requests that went elsewhere. */
  readonly complaints: readonly string[]
  /** @param whole default: the page down to its end, not only what fits the window */
  picture(name: string, whole?: boolean): Promise<void>
  close(): Promise<void>
}

/** A browser, to open pages of different kinds in. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
}

/** Opens the live page of a service and writes down what it complains about. */
export async function openLivePage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('request', request => {
    if (!request.url().startsWith(`${address}/`)) complaints.push(`went to ${request.url()}`)
  })
  await page.goto(`${address}/dashboard`)
  return {
    page,
    complaints,
    async picture(name, whole = true) {
      mkdirSync(PICTURES, { recursive: true })
      await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: whole })
    },
    close: () => context.close(),
  }
}

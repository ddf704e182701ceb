import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findProgram } from '@holdfast/testkit'
import { type Browser, chromium, type Page } from 'playwright-core'

/** The browser that is installed on this machine; npm brings none. */
export const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  .map(findProgram)
  .find(path => path !== undefined)

/** A page in a real browser, of an origin of its own. */
export interface RealPage {
  readonly page: Page
  readonly close: () => Promise<void>
}

/** What serves the page: an empty document, from another origin than the API's, as a front end is. */
export interface PageServer {
  readonly origin: string
  readonly close: () => Promise<void>
}

export async function servePage(): Promise<PageServer> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end('<!doctype html><title>A page</title>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

/** Opens the page in a new browser. */
export async function openPage(origin: string): Promise<RealPage> {
  const browser: Browser = await chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    // Chromium's sandbox refuses to run as root, and containers have little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
  const page = await browser.newPage()
  await page.goto(origin)
  return { page, close: () => browser.close() }
}

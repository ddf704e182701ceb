import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Pool } from 'holdfast'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM } from './support/browser.js'
import {
  launchBrowser,
  type OpenPage,
  openLivePage,
  type RunningDemo,
  startDemo,
  WITH_PAGE,
} from './support/live-page.js'
import { serviceOn } from './support/service.js'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe found, as a script of the page: a line for each kind of violation. */
const summary = `({ violations }) => violations.map(each =>
  each.impact + ' ' + each.id + ': ' + each.nodes.map(node => node.target).join(', '))`

/** Something to wait for until it is opened. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}

describe.skipIf(CHROMIUM === undefined)('the live page in a real browser', () => {
  let demo: RunningDemo
  let browser: Browser
  let open: OpenPage
  let back = gate()
  beforeAll(async () => {
    ;[demo, browser] = await Promise.all([startDemo(() => back.opened), launchBrowser()])
    open = await openLivePage(browser, demo.served.address, { colorScheme: 'light' })
  })
  afterAll(async () => {
    back.open()
    await browser?.close()
    await demo?.close()
  })

  const state = () => open.page.locator('#state').getAttribute('data-state')
  const press = (name: string) => open.page.getByRole('button', { name, exact: true }).click()
  const figure = (label: string) =>
    open.page
      .locator('#figures > div')
      .filter({ has: open.page.getByText(label, { exact: true }) })
      .locator('.value')
      .textContent()

  test('opens with the state in words, and its values change under load', async () => {
    await expect.poll(() => open.page.locator('#state-word').textContent()).toBe('All well')
    expect(await figure('Requests')).toMatch(/^0/)
    await press('Run a load')
    await expect.poll(async () => Number.parseFloat((await figure('Requests')) ?? '')).toBeGreaterThan(5)
    await expect
      .poll(() => open.page.locator('.plot').first().getAttribute('aria-label'))
      .toMatch(/requests [1-9]/)
    await expect
      .poll(() => open.page.locator('#demo-tally').textContent())
      .toMatch(/[1-9]\d* requests succeeded, 0 failed/)
  })

  test('a query that was slow is shown, and one click shows its plan', async () => {
    const other = new Pool({ connectionString: demo.database.url, max: 1 })
    await other.transaction(async tx => {
      await tx.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE')
      const waits = fetch(`${demo.served.address}/api/creators?limit=7&offset=77`)
      await tx.query('SELECT pg_sleep(1.2)')
      void waits.then(response => response.arrayBuffer())
    })
    await other.end()
    await press('Slowest')
    const row = open.page.locator('#statements tr', { hasText: /^SELECT id, .* slow/ })
    await row.getByRole('button').click()
    await expect.poll(() => open.page.locator('#plan-lines').textContent()).toMatch(/Limit.*cost=.*rows=/)
    expect(await open.page.locator('#plan-text').textContent()).toMatch(/select/i)
    await open.picture('plan', false)
    await press('Close')
  })

  test('killing the database turns it red and back, and no request of the load fails', async () => {
    back = gate()
    await expect.poll(state).toBe('green')
    await press('Kill the database')
    await expect.poll(state).toBe('red')
    expect(await open.page.locator('#state-reasons').textContent()).toContain('The database does not answer')
    expect(await open.page.locator('#state-word').textContent()).toBe('Outage')
    await open.picture('red')
    back.open()
    await expect.poll(state).toBe('green')
    await expect
      .poll(() => open.page.locator('#demo-tally').textContent())
      .toMatch(/[1-9][\d,]* requests succeeded, 0 failed/)
  })

  test('killing Redis turns it degraded and back', async () => {
    back = gate()
    await press('Kill Redis')
    await expect.poll(state).toBe('degraded')
    await expect.poll(() => open.page.locator('#cache-state').textContent()).toBe('Redis is away')
    await open.picture('degraded')
    back.open()
    await expect.poll(state).toBe('green')
  })

  test('another process of the service is shown beside the first', async () => {
    await press('Stop the load')
    const rows = () => open.page.locator('#processes tbody tr').count()
    expect(await rows()).toBe(1)
    const second = await serviceOn(demo.database.url, { ...WITH_PAGE, REDIS_URL: demo.redis.url })
    await expect.poll(rows).toBe(2)
    await expect
      .poll(() => open.page.locator('#state-reasons').textContent())
      .toBe('2 processes serve without trouble.')
    await open.picture('two-processes')
    await second.close()
  })

  test('where a token is set it asks for it first, and shows everything once it is right', async () => {
    const token = 'the-token-of-this-live-page'
    const service = await serviceOn(demo.database.url, { DASHBOARD_TOKEN: token })
    const { page, complaints, picture, close } = await openLivePage(browser, service.address)
    await page.getByLabel('Token').fill('something else')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('#sign-in-wrong').textContent()).toBe('That is not the token.')
    await picture('sign-in', false)
    await page.getByLabel('Token').fill(token)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('#state-word').textContent()).toBe('All well')
    expect(await page.locator('#demo').isVisible()).toBe(false)
    // Of the token that was wrong, and nothing else.
    expect(complaints).toEqual([expect.stringContaining('401')])
    await close()
    await service.close()
  })

  test('the guide says of every number on the page what it means, and of no other', async () => {
    const shown = await open.page.evaluate(`(() => {
      const texts = (selector, within = document) => [...within.querySelectorAll(selector)].map(node => node.firstChild.textContent)
      const named = (title, labels) => labels.filter(label => label !== '').map(label => title + ': ' + label)
      const legend = figure => [...figure.querySelectorAll('.legend li')].map(item => item.childNodes[1].textContent)
      const charts = [...document.querySelectorAll('.chart')].flatMap(each => named(each.querySelector('h2').textContent, legend(each)))
      const heads = id => texts('#' + id + ' th').slice(1).filter(text => text !== 'Plan')
      return [
        ...texts('#figures dt'), ...charts,
        ...named('Statements', heads('statements')), ...named('Cache', texts('#cache .rows dt')),
        ...named('Trouble', texts('dt', document.querySelector('#trouble dl'))),
        ...named('Servers', texts('dt', document.querySelector('#servers dl'))), ...named('Processes', heads('processes')),
      ]
    })()`)
    const guide = readFileSync(new URL('../../../docs/guides/live-page.md', import.meta.url), 'utf8')
    const [, table = ''] = /\| number \| what it means \|\n\|---\|---\|\n([\s\S]*?)\n\n/.exec(guide) ?? []
    expect(table.split('\n').map(row => row.split(' | ')[0]?.replace('| ', ''))).toEqual(shown)
  })

  test('complains about nothing, loads nothing from elsewhere, and is small', async () => {
    expect(open.complaints).toEqual([])
    const sizes = (await open.page.evaluate(`performance
      .getEntriesByType('resource')
      .concat(performance.getEntriesByType('navigation'))
      .filter(({ name }) => !/live$|plans|demo|history|access/.test(name))
      .map(({ encodedBodySize }) => encodedBodySize)`)) as number[]
    expect(sizes.length).toBeGreaterThan(10)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000)
  })

  test.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    [
      'phone',
      { colorScheme: 'light', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    ],
    ['phone-dark', { colorScheme: 'dark', viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' }],
  ] as const)('is accessible and fits: %s', async (name, options) => {
    const other = await openLivePage(browser, demo.served.address, options)
    await expect.poll(() => other.page.locator('#statements tbody tr').count()).toBeGreaterThan(0)
    await other.picture(name)
    // By the browser's own way in, since the page's policy lets no script of others run.
    const session = await other.page.context().newCDPSession(other.page)
    await session.send('Runtime.evaluate', { expression: AXE })
    const { result } = await session.send('Runtime.evaluate', {
      expression: `axe.run().then(${summary})`,
      awaitPromise: true,
      returnByValue: true,
    })
    expect(result.value).toEqual([])
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await other.page.evaluate(overflow)).toBe(0)
    expect(other.complaints).toEqual([])
    await other.close()
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, type TemporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainStatement } from '../dist/live/explain-statement.js'
import { WITH_PAGE } from './support/live-page.js'
import { migratedDatabase, type ServiceOn, send, serviceOn } from './support/service.js'

const TOKEN = 'the-token-of-this-live-page'
const HOLDFAST = join(dirname(fileURLToPath(import.meta.resolve('holdfast/package.json'))), 'bin/holdfast.js')

let database: TemporaryDatabase
/** Shown on this machine; on the same database as `guarded`, which is shown to who has the token. */
let local: ServiceOn
let guarded: ServiceOn
beforeAll(async () => {
  database = await migratedDatabase()
  local = await serviceOn(database.url, WITH_PAGE)
  guarded = await serviceOn(database.url, { DASHBOARD_TOKEN: TOKEN })
})
afterAll(() => Promise.all([local?.close(), guarded?.close()]))

const SNAPSHOT = 'GET /dashboard/snapshot'

test('there is no live page in production unless it is asked for', async () => {
  const env = { NODE_ENV: 'production', LOG_LEVEL: 'silent' }
  const service = await serviceOn(database.url, env)
  for (const path of ['/dashboard', '/dashboard/snapshot', '/dashboard/live', '/dashboard/style.css'])
    expect((await service.call(`GET ${path}`)).status).toBe(404)
  await service.close()
})

test('without a token it is shown on this machine only, not through a proxy', async () => {
  for (const path of ['', '/snapshot', '/history', '/main.js'])
    expect((await local.call(`GET /dashboard${path}`)).status).toBe(200)
  const headers = { 'x-forwarded-for': '203.0.113.7' }
  for (const path of ['', '/snapshot', '/live', '/history', '/main.js', '/plans/x', '/access']) {
    const { status, body } = await local.call(`GET /dashboard${path}`, { headers })
    expect({ status, detail: body.detail }).toMatchObject({
      status: 403,
      detail: expect.stringContaining('DASHBOARD_TOKEN'),
    })
  }
})

test('with a token nobody sees a number without it, and a sign-in is a cookie that scripts cannot read', async () => {
  for (const path of ['/snapshot', '/live', '/history', '/plans/x'])
    expect((await guarded.call(`GET /dashboard${path}`)).status).toBe(401)
  expect((await guarded.call('GET /dashboard/access')).body).toEqual({ granted: false })
  expect((await guarded.call(SNAPSHOT, { token: `${TOKEN}x` })).status).toBe(401)
  expect((await guarded.call(SNAPSHOT, { token: TOKEN })).status).toBe(200)
  for (const token of ['', 'wrong', `${TOKEN}\u0000`, 'ü'.repeat(1_024)])
    expect((await guarded.call('POST /dashboard/sign-in', { body: { token } })).status).toBe(401)
  for (const body of [{}, { token: 7 }, { token: 'x'.repeat(2_000) }, [], null])
    expect((await guarded.call('POST /dashboard/sign-in', { body })).status).toBe(400)
  const { status, headers } = await guarded.call('POST /dashboard/sign-in', { body: { token: TOKEN } })
  const cookie = headers.get('set-cookie') ?? ''
  expect({ status, cookie }).toMatchObject({
    status: 204,
    cookie: expect.stringContaining('HttpOnly; SameSite=Strict'),
  })
  expect(cookie).not.toContain(TOKEN)
  const [value = ''] = cookie.split(';')
  expect((await guarded.call(SNAPSHOT, { headers: { cookie: value } })).status).toBe(200)
})

test('its policy lets nothing inline run and nothing come from elsewhere', async () => {
  const { headers, body } = await local.call('GET /dashboard')
  expect(headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'self'; style-src 'self';/,
  )
  expect(headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*/)
  expect(body).not.toMatch(/<script(?![^>]* src=)|<style| on\w+=|style=|https?:\/\//)
})

test('processes see each other through the database, and none that has gone', async () => {
  const third = await serviceOn(database.url, WITH_PAGE)
  const seen = async () => (await local.call(SNAPSHOT)).body.processes.map(({ id }: { id: string }) => id)
  await expect.poll(async () => (await seen()).length).toBe(3)
  const own = (await third.call(SNAPSHOT)).body.processes[0].id
  expect(await seen()).toContain(own)
  await third.close()
  await expect.poll(seen).not.toContain(own)
})

test('it says what was done and nothing of what it was done with', async () => {
  const secret = 'zebrafinch-4711'
  expect((await local.call(`GET /api/creators/search?q=${secret}`)).status).toBe(200)
  const wanted = ({ text }: { text: string }) => text.startsWith('SELECT id,')
  await local.call('GET /api/creators?limit=3')
  await expect
    .poll(async () => (await local.call(SNAPSHOT)).body.processes[0].statements.some(wanted))
    .toBe(true)
  const { body } = await local.call(SNAPSHOT)
  expect(JSON.stringify(body)).not.toContain(secret)
  expect(JSON.stringify(body)).not.toContain(new URL(database.url).password || 'no password')
  const { id } = body.processes[0].statements.find(wanted)
  const plan = await local.call(`GET /dashboard/plans/${id}`)
  expect(plan.body.lines.join('\n')).toContain('cost=')
  expect((await local.call('GET /dashboard/plans/unknown')).status).toBe(404)
})

test('a plan is made of one statement and runs nothing', async () => {
  const pool = new Pool({ connectionString: database.url, max: 1 })
  const plan = (text: string) => explainStatement(pool, text)
  await pool.query('CREATE TABLE planned (id int, word text)')
  expect(await plan('INSERT INTO planned VALUES ($1, ?)')).toMatchObject({
    lines: expect.arrayContaining([expect.stringContaining('Insert')]),
  })
  const generic = await plan('SELECT word FROM planned WHERE id = $1 LIMIT ?')
  expect(generic).toMatchObject({
    lines: [expect.stringContaining('Limit'), expect.anything(), expect.stringContaining('$1')],
  })
  for (const text of [
    'SELECT 1; DROP TABLE planned',
    'SELECT 1; COMMIT; DELETE FROM planned',
    'DROP TABLE planned',
    '',
  ])
    expect(await plan(text)).toMatchObject({ problem: expect.stringContaining('cannot plan') })
  expect((await pool.query('SELECT FROM planned')).rowCount).toBe(0)
  await pool.end()
})

test('the stream begins with the last minutes, goes on each second, and ends with the service', async () => {
  const service = await serviceOn(database.url, WITH_PAGE)
  const response = await fetch(`${service.address}/dashboard/live`)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const events: string[] = []
  let text = ''
  let closing: Promise<void> | undefined
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    events.push(...[...text.matchAll(/^event: (\w+)$/gm)].slice(events.length).map(([, name]) => name ?? ''))
    if (events.length >= 3) closing ??= service.close()
  }
  await closing
  expect(events.slice(0, 3)).toEqual(['start', 'second', 'second'])
  const start = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '')
  expect(start.points[0]).toHaveLength(start.columns.length)
})

test('buttons that hurt are there in the demo only', async () => {
  for (const action of ['killDatabase', 'runLoad', 'x'])
    expect((await local.call(`POST /dashboard/demo/${action}`)).status).toBe(404)
})

/** Runs `holdfast top` to its end. */
async function top(...words: string[]) {
  const child = spawn(process.execPath, [HOLDFAST, 'top', ...words], {
    env: { PATH: process.env.PATH ?? '' },
  })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
      // It goes on until somebody interrupts it.
      if (!words.includes('--once') && /Ctrl-C[\s\S]*Ctrl-C/.test(printed.stdout)) child.kill('SIGINT')
    })
  const [code] = await once(child, 'close')
  return { code, ...printed }
}

test('holdfast top shows the same in a terminal, once or again and again', async () => {
  await send(local.address, 'GET /api/creators?limit=2')
  const [once, again] = await Promise.all([
    top('--url', local.address, '--once'),
    top('--url', guarded.address, '--token', TOKEN),
  ])
  expect(once).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/^Holdfast {2}All well\n[\s\S]*PROCESS .*STATE/),
  })
  expect(once.stdout).not.toContain('\u001B')
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/All well[\s\S]*All well/) })
  const json = await top('--url', local.address, '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, state: 'green' })
})

test('holdfast top says so when the service is away or wants a token', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`
  const [away, watched, locked, wrong] = await Promise.all([
    top('--url', nobody, '--once'),
    top('--url', nobody),
    top('--url', guarded.address, '--json'),
    top('--url', 'ftp://u:geheim@host', '--once'),
  ])
  expect(away).toMatchObject({ code: 2, stderr: expect.stringContaining('does not answer (ECONNREFUSED)') })
  expect(watched).toMatchObject({ code: 0, stdout: expect.stringMatching(/No news[\s\S]*No news/) })
  expect(locked.code).toBe(2)
  expect(JSON.parse(locked.stdout).error.message).toContain('token')
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--url must be an address') })
  expect(wrong.stderr).not.toContain('geheim')
})

import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { temporaryDatabase } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import { emptyDatabase, folderWith, holderOf, write } from '../migrate/migration-folder.js'
import { type Ending, holdfast, startHoldfast } from './command-process.js'

const DIGIS = resolve(import.meta.dirname, '../../../digis/migrations')
const SECRET = 'p4ssw0rd-that-nobody-may-see'

const parsed = ({ stdout }: Ending) => JSON.parse(stdout)

test('the migrations of DIGIS are planned, traced, applied, checked and found done', async () => {
  const { url } = await emptyDatabase()
  const env = { DATABASE_URL: url }
  const names = (await readdir(DIGIS)).filter(name => name.endsWith('.sql')).sort()
  const run = (...words: string[]) =>
    holdfast(['migrate', ...words, '--dir', DIGIS, '--table', 'holdfast.digis_migrations'], env)

  const plan = parsed(await run('plan', '--json'))
  expect(plan).toMatchObject({ ok: true, problems: [], pending: names.map(file => ({ file })) })
  const trace = await run('up', '--trace')
  expect(trace).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('No table with rows is locked against everybody.'),
  })
  const applied = await run('up')
  expect(applied).toMatchObject({
    code: 0,
    stdout: `Applied ${names.length} files; the database has all ${names.length}.\n`,
  })
  // One line for each file, and nothing that moves: this is no terminal.
  expect(applied.stderr.split('\n').filter(line => line.startsWith('applied'))).toHaveLength(names.length)
  expect(applied.stderr).not.toContain('\r')
  const [verified, again, status] = await Promise.all([
    run('verify', '--pending'),
    run('up', '--json'),
    run('status'),
  ])
  expect(verified).toMatchObject({ code: 0 })
  expect(parsed(again)).toEqual({ ok: true, applied: [], total: names.length, newer: [] })
  expect(status.stdout).toMatch(new RegExp(`^applied +${names[0]}`))
})

test('a trace that is interrupted leaves no database behind', async () => {
  const pool = await emptyDatabase()
  const directory = await folderWith({
    '0001_a.sql': "COMMENT ON SCHEMA public IS 'shadow'; SELECT pg_sleep(600);",
  })
  const trace = startHoldfast(['migrate', 'plan', '--trace', '--dir', directory], { DATABASE_URL: pool.url })
  const shadows =
    "SELECT datname FROM pg_stat_activity WHERE query LIKE '%SELECT pg_sleep(600)%' AND datname LIKE 'holdfast_shadow_%'"
  const running = async () => (await pool.query(shadows)).rows[0]?.datname
  await expect.poll(running).toBeDefined()
  const shadow = await running()
  trace.interrupt()
  expect(await trace.ended).toMatchObject({ code: 1, stdout: '' })
  expect((await pool.query('SELECT FROM pg_database WHERE datname = $1', [shadow])).rows).toEqual([])
})

describe('a folder of one’s own', () => {
  test('goes through a dry run, a failure, drift, repair and a baseline, with the exit codes that are promised', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({
      '0001_a.sql': 'CREATE TABLE a (x int);',
      '0002_b.sql': 'CREATE TABLE b ();',
    })
    const run = (...words: string[]) =>
      holdfast(['migrate', ...words, '--dir', directory], { DATABASE_URL: pool.url })

    const [dry, pending] = await Promise.all([run('up', '--dry-run'), run('verify', '--pending')])
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('CREATE TABLE a (x int);') })
    expect(pending).toMatchObject({ code: 1 })
    expect(parsed(await run('baseline', '--to', '0001', '--json'))).toEqual({
      ok: true,
      recorded: ['0001_a.sql'],
    })
    await write(directory, { '0003_c.sql': 'SELECT 1;\nSELECT missing;' })
    const failed = await run('up')
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toMatch(/^error: 0003_c\.sql, line 2, column 8: column "missing" does not exist/m)
    expect(parsed(await run('up', '--json'))).toMatchObject({
      ok: false,
      error: { code: 'HOLDFAST_MIGRATION', file: '0003_c.sql', line: 2, column: 8, sqlState: '42703' },
    })
    await pool.query('CREATE TABLE by_hand ()')
    const drifted = await run('verify')
    expect(drifted).toMatchObject({ code: 1, stdout: expect.stringContaining('added table public.by_hand') })
    expect(await run('repair', '--dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^drift .*dry run/s),
    })
    expect(await run('repair', '--only', 'drift')).toMatchObject({ code: 0 })
    expect(await run('verify')).toMatchObject({ code: 0 })
  })

  test('a lock in the way is retried, told, and given up after the attempts', async () => {
    const pool = await emptyDatabase()
    await pool.query('CREATE TABLE busy ()')
    await holderOf(pool, 'LOCK TABLE busy')
    const directory = await folderWith({ '0001_busy.sql': 'ALTER TABLE busy ADD x int' })
    const limits = ['--lock-timeout', '10ms', '--attempts', '2']
    const ending = await holdfast(['migrate', 'up', '--dir', directory, ...limits], {
      DATABASE_URL: pool.url,
    })
    expect(ending.code).toBe(1)
    expect(ending.stderr).toMatch(/^attempt 2 .*\nerror: 0001_busy\.sql: gave up after 2 attempts/m)
  })
})

test('a wrong password has exit code 2 and is not shown', async () => {
  const { url } = await temporaryDatabase()
  const wrong = new URL(url)
  wrong.password = SECRET
  const directory = await folderWith({ '0001_a.sql': 'SELECT 1' })
  const ending = await holdfast(['migrate', 'status', '--dir', directory], { DATABASE_URL: wrong.href })
  expect(ending.code).toBe(2)
  expect(ending.stderr).toMatch(/^error: .*password/)
  expect(ending.stderr).not.toContain(SECRET)
})

test('a folder that is not there, or holds a wrong file, is a failure that names it', async () => {
  const { url } = await emptyDatabase()
  const env = { DATABASE_URL: url }
  const directory = await folderWith({ '0001_a.sql': 'SELECT 1\0' })
  const [missing, wrong] = await Promise.all([
    holdfast(['migrate', 'status', '--dir', join(directory, 'missing')], env),
    holdfast(['migrate', 'up', '--dir', directory], env),
  ])
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be read') })
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/0001_a\.sql.*NUL/) })
})

test('of several processes at once one works and the others find it done', async () => {
  const { url } = await emptyDatabase()
  const directory = await folderWith({
    '0001_a.sql': 'CREATE TABLE a ();',
    '0002_b.sql': 'CREATE TABLE b ();',
  })
  const runs = await Promise.all(
    [1, 2, 3].map(() => holdfast(['migrate', 'up', '--json', '--dir', directory], { DATABASE_URL: url })),
  )
  const applied = runs.map(run => parsed(run).applied.length).sort()
  expect(applied).toEqual([0, 0, 2])
})

import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { expect, test } from 'vitest'
import { holdfast } from './command-process.js'

const { url } = await temporaryDatabase()
const client = new pg.Client({ connectionString: url })
await client.connect()
await client.query('CREATE SCHEMA shop; CREATE TABLE shop.logs (at timestamp)')
await client.end()

const shop = ['--schema', 'shop', '--only', 'integrity']
const env = { DATABASE_URL: url }

test('findings are printed with the SQL that mends them, and errors make the exit code 1', async () => {
  const { code, stdout } = await holdfast(['doctor', ...shop], env)
  expect(stdout).toContain('error I01 no_primary_key: A table has no primary key')
  expect(stdout).toContain(
    'ALTER TABLE shop.logs ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;',
  )
  expect(stdout).not.toContain('\u001b')
  expect(code).toBe(1)
})

test('--fail-on, --ignore and --only decide about the exit code; the database can be an argument', async () => {
  const noError = ['doctor', url, ...shop, '--ignore', 'I01']
  expect((await holdfast(noError)).code).toBe(0)
  expect((await holdfast([...noError, '--fail-on', 'warning'])).code).toBe(1)
})

test('--json prints one object, --format sarif and html into a file', async () => {
  const { stdout, code } = await holdfast(['doctor', ...shop, '--json'], env)
  expect(JSON.parse(stdout)).toMatchObject({
    counts: { error: 1, warning: 1 },
    findings: [{ key: 'I01:shop.logs' }, { key: 'I08:shop.logs.at' }],
  })
  expect(code).toBe(1)
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-doctor-'))
  const [sarif, html] = [join(folder, 'report.sarif'), join(folder, 'report.html')]
  await holdfast(['doctor', ...shop, '--format', 'sarif', '--output', sarif], env)
  await holdfast(['doctor', ...shop, '--format', 'html', '--output', html], env)
  expect(JSON.parse(await readFile(sarif, 'utf8'))).toMatchObject({ version: '2.1.0' })
  expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/)
})

test('a baseline accepts what is there, and what is new fails', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-doctor-'))
  const baseline = ['--baseline', join(folder, 'known.json')]
  const missing = await holdfast(['doctor', ...shop, ...baseline], env)
  expect([missing.code, missing.stderr]).toEqual([
    2,
    expect.stringContaining('write it with --update-baseline'),
  ])
  expect(
    (await holdfast(['doctor', ...shop, '--only', 'I08', ...baseline, '--update-baseline'], env)).code,
  ).toBe(0)
  const known = await readFile(baseline[1] ?? '', 'utf8')
  expect(JSON.parse(known).known).toEqual(['I01:shop.logs', 'I08:shop.logs.at'])
  expect((await holdfast(['doctor', ...shop, ...baseline, '--fail-on', 'info'], env)).code).toBe(0)
  await writeFile(baseline[1] ?? '', known.replace('I01', 'I02'))
  expect((await holdfast(['doctor', ...shop, ...baseline], env)).code).toBe(1)
})

test('what cannot be examined is told, with exit code 2', async () => {
  const nowhere = new URL(url)
  nowhere.pathname = '/nowhere_at_all'
  const answers = await Promise.all([
    holdfast(['doctor', nowhere.href]),
    holdfast(['doctor', '--only', 'I0l'], env),
    holdfast(['doctor', '--fail-on', 'eror'], env),
    holdfast(['doctor']),
  ])
  expect(answers.map(({ code }) => code)).toEqual([2, 2, 2, 2])
  expect(answers.map(({ stderr }) => stderr)).toEqual([
    expect.stringContaining('database "nowhere_at_all" does not exist'),
    expect.stringContaining('expected ids, names or categories of checks'),
    expect.stringContaining('error'),
    expect.stringContaining('Which database?'),
  ])
  expect(answers.map(({ stderr }) => stderr).join()).not.toContain(new URL(url).password)
})

test('explain says why a check matters, lists all without an id, and names the nearest one', async () => {
  const [one, all, wrong] = await Promise.all([
    holdfast(['doctor', 'explain', 'i01']),
    holdfast(['doctor', 'explain']),
    holdfast(['doctor', 'explain', 'unused_indx']),
  ])
  expect(one.stdout).toMatch(
    /^I01 no_primary_key \(integrity, error\)\n\nA table has no primary key\.\nWithout a primary key/,
  )
  expect(all.stdout.split('\n').length).toBeGreaterThan(90)
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('unused_index')])
})

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { migrateDigis } from '@holdfast/digis'
import { isAlive, temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ordinaryAccount } from './support/account.js'
import { type Clone, cloneRepository } from './support/clone.js'
import { readReadme } from './support/readme.js'
import { addressOf, curl, makeCurlTellStatus } from './support/service.js'
import { type Command, launch, runLine, type Surroundings } from './support/terminal.js'

/** Where the README says that the service answers. */
const USUAL = '127.0.0.1:3000'
/** Milliseconds for a first start on a busy machine: it builds, makes a database and fills it. */
const FROM_NOTHING = 180_000
const readme = readReadme()

let clone: Clone
let newcomer: Surroundings
let start: Command
let address: string

// An ordinary user, in a home folder that is closed to everybody else, with a clone that was never built.
beforeAll(async () => {
  const account = ordinaryAccount()
  clone = cloneRepository({ account })
  newcomer = { folder: clone.folder, account, env: { HOME: clone.home } }
  makeCurlTellStatus(clone.home)
  await begin()
}, FROM_NOTHING)
afterAll(async () => {
  await start?.kill()
  clone?.remove()
})

/** Starts what the README says, and waits until it says that it is done. */
async function begin(): Promise<void> {
  start = launch(readme.start, newcomer)
  address = await addressOf(start)
  await start.printed(/^Ctrl-C stops everything/m)
}

/** Runs a line of the README; only the port may differ, where another program has taken the usual one. */
function tryOut(line: string) {
  return curl(line.replaceAll(USUAL, new URL(address).host), newcomer)
}

/** The lines that the start itself prints to try. */
function printedLines(): string[] {
  return [...start.output.matchAll(/^ {2}(curl .*)$/gm)].map(([, line = '']) => line)
}

/** Whether nobody listens on this port. */
async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  const free = await once(probe, 'listening').then(
    () => true,
    () => false,
  )
  probe.close()
  return free
}

/** Changes the bio of the demo's fan, whose token the start has printed, or only reads it. */
async function bioOfFan(change?: string): Promise<string> {
  const token = /Bearer ([^']+)'/.exec(start.output)?.[1]
  const response = await fetch(`${address}/api/users/me`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(change === undefined ? {} : { method: 'PATCH', body: JSON.stringify({ bio: change }) }),
  })
  expect(response.status).toBe(200)
  return ((await response.json()) as { bio: string }).bio
}

/** Ends the start and looks for what it left behind. */
async function end(how: 'interrupt' | 'terminate'): Promise<void> {
  const processes = start.processes()
  expect(processes.length).toBeGreaterThan(3)
  const { code, signal, output } = await start[how]()
  expect({ code, signal, output }).toMatchObject({ code: 0, signal: null })
  expect(output).toContain('Stopped.')
  expect(processes.filter(isAlive)).toEqual([])
}

test('the service answers where the README says, unless another program does', async () => {
  if (new URL(address).host !== USUAL) expect(await isFree(3000)).toBe(false)
})

test.each(readme.curls)('the README: %s', async line => {
  const { status, body } = await tryOut(line)
  expect(status).toBe(200)
  if (line.includes('/api/creators')) {
    expect(body.items).toHaveLength(3)
    expect(body.items[0]).toMatchObject({ id: expect.any(Number), is_creator: true })
  } else expect(body).toMatchObject({ status: 'ok', database: { healthy: true } })
})

test('the three lines that the start prints answer, those with the token of the demo included', async () => {
  const answers = await Promise.all(printedLines().map(tryOut))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(answers[2]?.body).toMatchObject({ balance: expect.anything() })
})

test('the token of a creator that the start prints leads to earnings', async () => {
  const [, token = ''] = /^ {2}(eyJ\S+)$/m.exec(start.output) ?? []
  const line = `curl '${address}/api/users/me/earnings' -H 'Authorization: Bearer ${token}'`
  expect((await tryOut(line)).status).toBe(200)
})

/** What the examples print of a database whose only user has the bio "Hello". */
const PRINTED = [/bio: 'Hello'/, /status: 'hit'.*bio: 'Changed'.*status: 'miss'/s]

test('every example of the README says here what it prints', () => {
  expect(readme.examples).toHaveLength(PRINTED.length)
})

test.each(PRINTED.map((printed, index) => [index, printed] as const))(
  'example %i of the README compiles and runs on a database of DIGIS',
  async (index, printed) => {
    const { url } = await temporaryDatabase()
    const pool = new Pool({ connectionString: url, max: 1 })
    await migrateDigis(pool)
    await pool.query(
      "INSERT INTO users (supabase_id, is_creator, bio) VALUES (gen_random_uuid(), true, 'Hello')",
    )
    await pool.end()
    writeFileSync(join(clone.folder, 'example.ts'), readme.examples[index] ?? '')
    const options = '--ignoreConfig --module nodenext --target es2022 --types node --outDir example'
    const compiled = await runLine(`node_modules/.bin/tsc ${options} example.ts`, newcomer)
    expect(compiled).toMatchObject({ code: 0, output: '' })
    const run = await runLine('node example/example.js', { ...newcomer, env: { DATABASE_URL: url } })
    expect(run).toMatchObject({ code: 0, output: expect.stringMatching(printed) })
  },
)

test('Ctrl-C ends everything with exit code 0 and leaves no process', async () => {
  await bioOfFan('Kept')
  await end('interrupt')
})

test('a second start in the same folder serves the same data, and can be killed', async () => {
  await begin()
  expect(await bioOfFan()).toBe('Kept')
  const processes = start.processes()
  await start.kill()
  await vi.waitFor(() => expect(processes.filter(isAlive)).toEqual([]), 20_000)
})

test('a start that was killed leaves nothing that prevents the next', async () => {
  await begin()
  await bioOfFan('Kept again')
  await start.kill()
  await begin()
  expect(await bioOfFan()).toBe('Kept again')
  // To npm alone, as by a process manager.
  await end('terminate')
})

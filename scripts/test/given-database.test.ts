import { migrateDigis } from '@holdfast/digis'
import {
  freePort,
  newPassword,
  type PostgresServer,
  startPostgres,
  startTcpProxy,
  type TcpProxy,
  temporaryDatabase,
} from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../run/repository.mjs'
import { setUp } from '../setup.mjs'
import { readReadme } from './support/readme.js'
import { addressOf, complaintOf } from './support/service.js'
import { type Command, launch } from './support/terminal.js'

const { start } = readReadme()
/** What superusers keep of the few connections of the full server. */
const RESERVED = 3

const servers: PostgresServer[] = []
let full: { url: string; filler: Pool }
let far: TcpProxy
const starts = new Map<string, { url: string; command: Command }>()

// All begin at once, so that those that wait for an answer wait together.
beforeAll(async () => {
  await setUp()
  const [database, empty, other, old] = await Promise.all([
    temporaryDatabase(),
    temporaryDatabase(),
    temporaryDatabase(),
    temporaryDatabase(),
  ])
  const frozen = await ownServer()
  full = await fullServer()
  far = await startTcpProxy(Number(new URL(database.url).port), { delay: 200 })
  await migrate(database.url)
  await query(old.url, 'CREATE TABLE users (id bigint PRIMARY KEY, supabase_id uuid, bio text)')
  frozen.pause()
  begin('far', far.url(database.url))
  begin('frozen', frozen.url)
  begin('refusing', changed(database.url, { port: String(await freePort()) }))
  begin('full', full.url)
  begin('wrong password', changed(database.url, { password: newPassword() }))
  begin('missing', changed(database.url, { pathname: '/nothing_of_this_name' }))
  begin('empty', empty.url)
  begin('old', old.url)
  begin('empty, migrated', other.url, { HOLDFAST_MIGRATE: '1' })
  begin('no URL', `host=127.0.0.1 user=postgres password=${newPassword()}`)
  begin('invalid URL', `postgres://postgres:${newPassword()}#1@127.0.0.1/digis`)
})

afterAll(async () => {
  await Promise.all([...starts.values()].map(({ command }) => command.kill()))
  await far?.close()
  await full?.filler.end({ timeout: 0 })
  for (const server of servers) await server[Symbol.asyncDispose]()
})

function begin(name: string, url: string, settings: Record<string, string> = {}): void {
  const env = { DATABASE_URL: url, PORT: '0', ...settings }
  starts.set(name, { url, command: launch(start, { folder: ROOT, env }) })
}

function started(name: string): { url: string; command: Command } {
  const found = starts.get(name)
  if (found === undefined) throw new Error(`No start is called ${name}`)
  return found
}

function changed(url: string, parts: Partial<URL>): string {
  return Object.assign(new URL(url), parts).href
}

async function migrate(url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1 })
  await migrateDigis(pool)
  await pool.end()
}

async function query(url: string, text: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1 })
  await pool.query(text)
  await pool.end()
}

async function ownServer(settings = {}): Promise<PostgresServer> {
  const server = await startPostgres({ settings })
  servers.push(server)
  return server
}

/** A server that has connections for superusers alone until the pool ends, and the URL of an ordinary role. */
async function fullServer(): Promise<typeof full> {
  const server = await ownServer({ max_connections: RESERVED + 2, superuser_reserved_connections: RESERVED })
  const password = newPassword()
  const filler = new Pool({ connectionString: server.url, max: 2 })
  await filler.query(`CREATE ROLE guest LOGIN PASSWORD '${password}'`)
  await Promise.all([filler.connect(), filler.connect()])
  return { url: changed(server.url, { username: 'guest', password }), filler }
}

test.each([
  ['a database without the schema is served once that is asked for', 'empty, migrated'],
  ['a database behind a slow network is served', 'far'],
])('%s', async (_, name) => {
  const { command } = started(name)
  const address = await addressOf(command)
  const response = await fetch(`${address}/api/creators?limit=3`)
  expect(response.status).toBe(200)
  expect(await command.interrupt()).toMatchObject({ code: 0, signal: null })
})

test.each([
  ['that refuses', 'refusing', 'Is PostgreSQL running there? Check the host and the port.'],
  ['that is frozen', 'frozen', 'did not answer in time. Check the host, the port'],
  ['without a connection to spare', 'full', 'The server has no connection left: lower "max"'],
  ['that wants another password', 'wrong password', 'Check the user and the password.'],
  ['without that database', 'missing', 'Create the database, or correct its name.'],
  ['whose database has no schema', 'empty', 'HOLDFAST_MIGRATE=1 npm start creates it'],
  ['whose schema is older', 'old', 'HOLDFAST_MIGRATE=1 npm start creates it, or brings it up to date'],
  ['that is given without a URL', 'no URL', 'DATABASE_URL: expected a URL starting with postgres://'],
  ['whose password makes no URL', 'invalid URL', 'in its password written as %23'],
])('a server %s ends the start with what happened and what to do', async (_, name, advice) => {
  const { url, command } = started(name)
  const complaint = await complaintOf(command)
  expect(complaint).toContain(advice)
  expect(complaint).not.toContain(url)
  for (const secret of secretsOf(url)) expect(complaint).not.toContain(secret)
})

/** What must not be shown of a URL, or of what was given in its place. */
function secretsOf(url: string): string[] {
  return [/password=(\S+)/.exec(url)?.[1], /:([^:@/#]+)[#@]/.exec(url)?.[1]].filter(
    each => each !== undefined,
  )
}

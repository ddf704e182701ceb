import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TemporaryDatabase, temporaryDatabase, trackLeaks } from '@holdfast/testkit'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

/** A tracker with little patience, so that a leak shows soon. */
function impatient(): ReturnType<typeof trackLeaks> {
  return trackLeaks({ patience: 100 })
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: 'leaky' })
  await client.connect()
  return client
}

/** Resolves when the connections to a database are in these states, however long the server needs to notice. */
async function untilStates({ name, adminUrl }: TemporaryDatabase, states: readonly string[]): Promise<void> {
  const admin = await connect(adminUrl)
  const ask = () => admin.query('SELECT state FROM pg_stat_activity WHERE datname = $1', [name])
  await expect.poll(async () => (await ask()).rows.map(({ state }) => state)).toEqual(states)
  await admin.end()
}

function sleeper(): ChildProcess {
  return spawn(process.execPath, ['--eval', 'setTimeout(() => {}, 600_000)'], { stdio: 'ignore' })
}

test('a test that leaves a transaction open fails, naming the connection and its statement', async () => {
  const database = await temporaryDatabase()
  const leaks = impatient()
  await leaks.beforeTest('"transfers"')
  const client = await connect(database.url)
  await client.query('BEGIN')
  await expect(leaks.afterTest()).rejects.toThrow(
    /Leaked by "transfers":\n- a connection at work: .*"leaky".* idle in transaction, latest statement: BEGIN/,
  )
  await client.end()
  await untilStates(database, [])
  await leaks.afterFile()
})

test('a test that leaves a statement running fails', async () => {
  const database = await temporaryDatabase()
  const leaks = impatient()
  const client = await connect(database.url)
  await leaks.beforeTest('"sleeps"')
  const asleep = client.query('SELECT pg_sleep(600)')
  asleep.catch(() => {})
  await untilStates(database, ['active'])
  await expect(leaks.afterTest()).rejects.toThrow(/active, latest statement: SELECT pg_sleep/)
  await expect(Promise.all([asleep, terminate(client)])).rejects.toMatchObject({ code: '57P01' })
  await untilStates(database, [])
  await leaks.afterFile()
})

async function terminate(client: pg.Client): Promise<void> {
  const { adminUrl } = await temporaryDatabase()
  const admin = await connect(adminUrl)
  const { processID } = client as pg.Client & { processID: number }
  client.on('error', () => {})
  await admin.query('SELECT pg_terminate_backend($1)', [processID])
  await admin.end()
}

test('an idle connection may outlive a test, but not the file', async () => {
  const database = await temporaryDatabase()
  const leaks = impatient()
  await leaks.beforeTest('"first"')
  const client = await connect(database.url)
  await client.query('SELECT 1')
  await leaks.afterTest()
  await leaks.beforeTest('"second"')
  await leaks.afterTest()
  await expect(leaks.afterFile()).rejects.toThrow(
    /Leaked by the test file:\n- a connection opened during "first": backend \d+ of "leaky"/,
  )
  await client.end()
  await untilStates(database, [])
})

test('a connection that is just being closed does not count as leaked', async () => {
  const { url } = await temporaryDatabase()
  const leaks = trackLeaks()
  await leaks.beforeTest('"closes"')
  const client = await connect(url)
  const closed = client.end()
  await leaks.afterTest()
  await leaks.afterFile()
  await closed
})

test('a test that leaves a child process fails, naming its command', async () => {
  const leaks = impatient()
  await leaks.beforeTest('"spawns"')
  const child = sleeper()
  onTestFinished(async () => {
    child.kill()
    await once(child, 'exit')
  })
  await expect(leaks.afterTest()).rejects.toThrow(new RegExp(`a child process: ${child.pid} .*--eval`))
  await leaks.afterFile()
})

test('a child process from before the test is none of its leaks', async () => {
  const child = sleeper()
  await once(child, 'spawn')
  const leaks = impatient()
  await leaks.beforeTest('"quiet"')
  await leaks.afterTest()
  child.kill()
  await once(child, 'exit')
  await leaks.afterFile()
})

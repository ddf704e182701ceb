import { migrateDigis } from '@holdfast/digis'
import {
  newPassword,
  type PostgresServer,
  startPostgres,
  startTcpProxy,
  type TcpProxy,
} from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Answers,
  type Cast,
  callEverything,
  calledOperations,
  prepareCast,
} from './support/every-operation.js'
import { expectProblem } from './support/expect-problem.js'
import { type Answer, type ServiceOn, serviceOn } from './support/service.js'
import { until } from './support/until.js'

/** Connections of the server, and how many of them are for superusers alone. */
const SLOTS = { max_connections: 30, superuser_reserved_connections: 3 }
const ROLE = 'digis'
/** Asks for an answer within a second. */
const IMPATIENT = { 'request-timeout': '1' }

/** How the answers say that the database cannot be used. */
interface Outage {
  readonly kind: 'unavailable' | 'overloaded'
}

let server: PostgresServer
let url: string
let far: TcpProxy
let near: ServiceOn
let cast: Cast
beforeAll(async () => {
  server = await startPostgres({ settings: SLOTS })
  url = await ownedDatabase()
  // As far away as another continent, and near enough to leave time for a machine that is busy with other things.
  far = await startTcpProxy(server.port, { delay: 80 })
  // Longer than any test waits: only what the service finds out by itself ends a request.
  // What is cached would not notice.
  near = await serviceOn(url, { CACHE: 'off', DATABASE_POOL_MAX: '3', REQUEST_TIMEOUT: '120s' })
  cast = await prepareCast(near.call, near.join)
})
afterAll(async () => {
  await near?.close()
  await far?.close()
  await server?.[Symbol.asyncDispose]()
})

/** A migrated database that belongs to a role without privileges, by that role's URL. */
async function ownedDatabase(): Promise<string> {
  const password = newPassword()
  const admin = new Pool({ connectionString: server.url, max: 1 })
  await admin.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD '${password}'`)
  await admin.query(`CREATE DATABASE ${ROLE} OWNER ${ROLE}`)
  await admin.end()
  const owned = Object.assign(new URL(server.urlFor(ROLE)), { username: ROLE, password }).href
  const pool = new Pool({ connectionString: owned, max: 1 })
  await migrateDigis(pool)
  await pool.end()
  return owned
}

/** Takes every connection that is not for superusers alone, those of the service included, until the pool ends. */
async function fill(): Promise<Pool> {
  const size = SLOTS.max_connections - SLOTS.superuser_reserved_connections
  const filler = new Pool({ connectionString: server.url, max: size })
  await filler.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [ROLE])
  const [client] = await Promise.all(Array.from({ length: size }, () => filler.connect()))
  await until('the service has no connection', async () => {
    const found = await client?.query('SELECT FROM pg_stat_activity WHERE usename = $1', [ROLE])
    return found?.rowCount === 0 && (await isReady()) === false
  })
  return filler
}

async function isReady(): Promise<boolean> {
  return (await near.call('GET /api/health/ready')).status === 200
}

/** Waits until the service works again, by itself, and then calls everything. */
async function expectRecovery(): Promise<void> {
  await until('the service is ready again', isReady)
  const { withDatabase, probes, withoutDatabase } = await callEverything(near.call, cast)
  expectSuccess([...withDatabase, ...probes, ...withoutDatabase])
}

function expectSuccess(answers: readonly Answer[]): void {
  expect(answers.map(({ status }) => status).filter(status => status !== 200 && status !== 201)).toEqual([])
}

/** Fails unless all that needs the database says when to come back, and the rest goes on. */
function expectOutage({ withDatabase, probes, withoutDatabase }: Answers, expected: Outage): void {
  for (const answer of withDatabase) {
    expectProblem(answer, { status: 503, kind: expected.kind })
    expect(answer.headers.get('retry-after')).toMatch(/^[1-5]$/)
  }
  for (const { status, body } of probes) {
    expect({ status, body }).toMatchObject({
      status: 503,
      body: { status: 'unavailable', database: { healthy: false } },
    })
  }
  expect(withoutDatabase.map(({ status }) => status)).toEqual(withoutDatabase.map(() => 200))
}

test('every operation that the API describes is called by the tests below', async () => {
  const { body } = await near.call('GET /api/openapi.json')
  const described = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
  )
  expect(calledOperations()).toEqual(described.sort())
})

test('behind a slow network every operation succeeds within the usual deadline', async () => {
  const service = await serviceOn(far.url(url))
  try {
    const { withDatabase, withoutDatabase } = await callEverything(service.call, cast)
    // Probes share the first look, which may still wait behind all the others.
    expectSuccess([...withDatabase, ...withoutDatabase])
  } finally {
    await service.close()
  }
})

test('behind a slow network a service that has just started is ready, as soon as it is asked', async () => {
  const service = await serviceOn(far.url(url))
  try {
    expect((await service.call('GET /api/health/ready')).status).toBe(200)
  } finally {
    await service.close()
  }
})

test('on a frozen server every operation ends at its deadline, and works again afterwards', async () => {
  server.pause()
  try {
    const { withDatabase, probes, withoutDatabase } = await callEverything(near.call, cast, IMPATIENT)
    for (const answer of withDatabase) {
      // What had a connection already is cut at the deadline; the others never got one.
      if (answer.status === 504) expectProblem(answer, { status: 504, kind: 'timed-out' })
      else expectProblem(answer, { status: 503, kind: 'overloaded' })
      expect(answer.headers.has('retry-after')).toBe(answer.status === 503)
    }
    expect(probes.map(({ status }) => status)).toEqual([503, 503])
    expect(withoutDatabase.map(({ status }) => status)).toEqual(withoutDatabase.map(() => 200))
  } finally {
    server.resume()
  }
  await expectRecovery()
})

test('on a server that went away every operation says when to come back', async () => {
  await server.stop({ mode: 'immediate' })
  try {
    expectOutage(await callEverything(near.call, cast), { kind: 'unavailable' })
  } finally {
    await server.start()
  }
  await expectRecovery()
})

test('on a server that has filled up every operation says when to come back', async () => {
  const filler = await fill()
  try {
    expectOutage(await callEverything(near.call, cast), { kind: 'overloaded' })
  } finally {
    await filler.end({ timeout: 0 })
  }
  await expectRecovery()
})

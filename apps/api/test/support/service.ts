import { randomUUID } from 'node:crypto'
import { migrateDigis } from '@holdfast/digis'
import { type TemporaryDatabase, temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { pino } from 'pino'
import { type Served, serve } from '../../dist/main.js'
import { SECRET, signToken, WEBHOOK_SECRET } from './tokens.js'

/** What a request is sent with. */
export interface Sent {
  readonly token?: string
  readonly body?: unknown
  /** Sent as it is instead of a JSON body. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** What came back; `body` is parsed JSON, or the text of what is none. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the tests are about what is in it
  readonly body: any
}

/** Somebody with a profile. */
export interface Person {
  readonly id: number
  readonly supabaseId: string
  readonly token: string
}

/** A service over real HTTP. */
export interface ServiceOn extends Served {
  /** Every line of the log, as JSON text. */
  readonly log: readonly string[]
  /** Sends `'GET /api/…'`. */
  call(request: string, sent?: Sent): Promise<Answer>
  join(profile?: Record<string, unknown>): Promise<Person>
}

/** A service on a database of its own. */
export interface TestService extends ServiceOn {
  readonly database: TemporaryDatabase
  /** Connections beside the service's own. */
  readonly direct: Pool
}

/** Starts a service; `env` goes over the settings of the tests. */
export async function startService(env: Record<string, string> = {}): Promise<TestService> {
  const database = await migratedDatabase()
  const service = await serviceOn(database.url, env)
  const direct = new Pool({ connectionString: database.url, max: 3, name: 'tests' })
  const close = async () =>
    void (await Promise.all([service.close(), direct.ending ? undefined : direct.end()]))
  return { ...service, database, direct, close }
}

/** Starts a service on a database with the schema of DIGIS; `env` goes over the settings of the tests. */
export async function serviceOn(databaseUrl: string, env: Record<string, string> = {}): Promise<ServiceOn> {
  const log: string[] = []
  const served = await serve({
    databaseUrl,
    port: 0,
    env: {
      NODE_ENV: 'test',
      SUPABASE_JWT_SECRET: SECRET,
      WEBHOOK_SECRETS: WEBHOOK_SECRET,
      RATE_LIMIT: '0',
      ...env,
    },
    logger: pino({ level: 'debug', base: null }, { write: line => log.push(line) }),
  })
  const call = (request: string, sent?: Sent) => send(served.address, request, sent)
  return { ...served, log, call, join: profile => join(call, profile) }
}

/** The name of a database with the schema of DIGIS, to copy: made once for a test file. */
let template: Promise<string> | undefined

/** A fresh database with the schema of DIGIS. */
export async function migratedDatabase(): Promise<TemporaryDatabase> {
  template ??= existingTemplate() ?? migratedTemplate()
  return temporaryDatabase({ template: await template })
}

/** Made for the whole run, where there is one. */
function existingTemplate(): Promise<string> | undefined {
  const { HOLDFAST_DIGIS_TEMPLATE: name } = process.env
  return name === undefined ? undefined : Promise.resolve(name)
}

async function migratedTemplate(): Promise<string> {
  const { name, url } = await temporaryDatabase()
  const pool = new Pool({ connectionString: url, max: 1, name: 'migrations' })
  await migrateDigis(pool)
  await pool.end()
  return name
}

/** Sends one request to a service. */
export async function send(address: string, request: string, sent: Sent = {}): Promise<Answer> {
  const [method = 'GET', path = '/'] = request.split(' ', 2)
  const { token, body, text, headers, signal } = sent
  const response = await fetch(address + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(text === undefined ? {} : { body: text }),
    ...(signal === undefined ? {} : { signal }),
  })
  return { status: response.status, headers: response.headers, body: parsed(await response.text()) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function join(call: TestService['call'], profile: Record<string, unknown> = {}): Promise<Person> {
  const supabaseId = randomUUID()
  const token = await signToken({ sub: supabaseId })
  const { status, body } = await call('POST /api/users', { token, body: profile })
  if (status !== 201) throw new Error(`Joining answered ${status}: ${JSON.stringify(body)}`)
  return { id: body.id, supabaseId, token }
}

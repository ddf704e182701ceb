import net from 'node:net'
import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { event, rejection } from '../support/contender.js'

/** The fields that `PgInternals` of the driver declares. */
interface Internals {
  readonly _queryable: boolean
  readonly _ending: boolean
  readonly _activeQuery: object | null
  readonly _queryQueue: object[]
  readonly readyForQuery: boolean
  readonly processID: number
  readonly secretKey: number
  readonly connectionParameters: { host: string; port: number; query_timeout: number | false }
  readonly ssl: boolean | object
  readonly connection: {
    on(event: 'parameterStatus', listener: (status: Record<string, string>) => void): unknown
    readonly stream: net.Socket
    readonly parsedStatements: Record<string, string>
    readonly submittedNamedStatements: Record<string, string>
  }
}

const internals = (of: pg.Client) => of as unknown as Internals

let connectionString: string
let client: pg.Client

async function connected(options: pg.ClientConfig = {}): Promise<pg.Client> {
  const made = new pg.Client({ connectionString, ...options })
  made.on('error', () => {})
  await made.connect()
  onTestFinished(() => made.end())
  return made
}

beforeAll(async () => {
  connectionString = (await temporaryDatabase()).url
})
beforeEach(async () => {
  client = await connected()
})

/** Kills the backend of the client from another connection; resolves when the client knows. */
async function killed(): Promise<void> {
  const killer = await connected()
  const ended = event(client, 'end')
  await killer.query('SELECT pg_terminate_backend($1)', [internals(client).processID])
  await ended
}

/** A CancelRequest of the protocol, on a connection of its own. */
async function sendCancelRequest({ processID, secretKey, connectionParameters }: Internals): Promise<void> {
  const message = Buffer.alloc(16)
  for (const [index, number] of [16, 80877102, processID, secretKey].entries()) {
    message.writeInt32BE(number, index * 4)
  }
  const socket = net.connect(connectionParameters.port, connectionParameters.host)
  const closed = event(socket, 'close')
  socket.end(message)
  await closed
}

/** Resolves when the server works on a query of the client's. */
async function untilAtWork(): Promise<void> {
  const observer = await connected()
  const ask = {
    text: 'SELECT state FROM pg_stat_activity WHERE pid = $1',
    values: [internals(client).processID],
  }
  while ((await observer.query(ask)).rows[0].state !== 'active');
}

describe("of pg's client we rely on", () => {
  test('_queryable: true until the connection breaks', async () => {
    expect(internals(client)._queryable).toBe(true)
    await killed()
    expect(internals(client)._queryable).toBe(false)
  })

  test('_ending: true from the call of end() on', async () => {
    expect(internals(client)._ending).toBe(false)
    const end = client.end()
    expect(internals(client)._ending).toBe(true)
    await end
  })

  test('readyForQuery, _activeQuery and _queryQueue: nothing, one or several queries', async () => {
    const seen = internals(client)
    expect([seen.readyForQuery, seen._activeQuery ?? null, seen._queryQueue]).toEqual([true, null, []])
    const [first, second] = [new pg.Query('SELECT 1'), new pg.Query('SELECT 2')]
    const drained = event(client, 'drain')
    client.query(first)
    client.query(second)
    expect([seen.readyForQuery, seen._activeQuery, seen._queryQueue]).toEqual([false, first, [second]])
    await drained
    expect([seen.readyForQuery, seen._activeQuery ?? null, seen._queryQueue]).toEqual([true, null, []])
  })

  test('_queryQueue: a query that is taken out is never sent', async () => {
    const first = client.query('SELECT 1')
    client.query(new pg.Query('CREATE TABLE never (id int)'))
    internals(client)._queryQueue.splice(0)
    await first
    const { rows } = await client.query("SELECT to_regclass('never') AS found")
    expect(rows).toEqual([{ found: null }])
  })

  test('parameterStatus: what the server tells of its settings, at the start and when they change', async () => {
    const told = new Map<string | undefined, string | undefined>()
    const listening = new pg.Client({ connectionString })
    internals(listening).connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      told.set(parameterName, parameterValue)
    })
    await listening.connect()
    expect(told.get('in_hot_standby')).toBe('off')
    expect(told.get('default_transaction_read_only')).toBe('off')
    await listening.query('SET default_transaction_read_only = on')
    expect(told.get('default_transaction_read_only')).toBe('on')
    await listening.end()
  })

  test("'drain': emitted when the last query has its answer", async () => {
    const drained = event(client, 'drain')
    const query = client.query('SELECT 1')
    await drained
    expect(internals(client).readyForQuery).toBe(true)
    await query
  })

  test('processID and secretKey: those of the backend, good for a cancel request', async () => {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    expect(internals(client).processID).toBe(rows[0].pid)
    expect(internals(client).secretKey).toEqual(expect.any(Number))
    const cancelled = rejection(client.query('SELECT pg_sleep(60)'))
    await untilAtWork()
    await sendCancelRequest(internals(client))
    expect(await cancelled).toMatchObject({ code: '57014' })
  })

  test('connectionParameters: host and port in use, and a query_timeout that can be switched off', async () => {
    const { hostname, port } = new URL(connectionString)
    const impatient = await connected({ query_timeout: 1 })
    const { connectionParameters } = internals(impatient)
    expect(connectionParameters).toMatchObject({ host: hostname, port: Number(port), query_timeout: 1 })
    connectionParameters.query_timeout = false
    expect((await impatient.query('SELECT pg_sleep(0.1), 1 AS one')).rows).toMatchObject([{ one: 1 }])
  })

  test('ssl: false, or the options of TLS', () => {
    expect(internals(client).ssl).toBe(false)
    const options = { ca: 'a certificate' }
    expect(internals(new pg.Client({ ssl: options })).ssl).toMatchObject(options)
  })

  test('connection.stream: writable while connected, and destroy() ends the client', async () => {
    const { stream } = internals(client).connection
    expect(stream.writable).toBe(true)
    const ended = event(client, 'end')
    stream.destroy()
    await ended
    expect(stream.writable).toBe(false)
  })

  test('connection.parsedStatements and submittedNamedStatements: what pg believes is prepared', async () => {
    const query = { name: 'believed', text: 'SELECT 1 AS one' }
    await client.query(query)
    const { parsedStatements, submittedNamedStatements } = internals(client).connection
    expect(parsedStatements).toHaveProperty('believed', 'SELECT 1 AS one')
    await client.query('DEALLOCATE believed')
    expect(await rejection(client.query(query))).toMatchObject({ code: '26000' })
    delete parsedStatements.believed
    delete submittedNamedStatements.believed
    expect((await client.query(query)).rows).toEqual([{ one: 1 }])
  })

  test('getTransactionStatus(): what the server said last', async () => {
    const statuses = [client.getTransactionStatus()]
    for (const statement of ['BEGIN', 'SELECT 1 / 0', 'ROLLBACK']) {
      const ready = event(client, 'drain')
      await client.query(statement).catch(() => undefined)
      await ready
      statuses.push(client.getTransactionStatus())
    }
    expect(statuses).toEqual(['I', 'T', 'E', 'I'])
  })

  test('query: a method of the prototype, which an own property may stand before', () => {
    expect(Object.hasOwn(client, 'query')).toBe(false)
    expect(Object.getPrototypeOf(client).query).toBe(pg.Client.prototype.query)
  })
})

describe("of pg's query we rely on", () => {
  test('submit(connection): called when it is sent, and values and callback as fields', async () => {
    const submitted: unknown[] = []
    class Watched extends pg.Query {}
    Watched.prototype.submit = function (this: pg.Query, connection) {
      submitted.push(connection)
      return pg.Query.prototype.submit.call(this, connection)
    }
    const query = new Watched('SELECT $1::int AS n', [1])
    expect(query).toHaveProperty('values', [1])
    const answer = new Promise(resolve => {
      Object.assign(query, { callback: (...args: unknown[]) => resolve(args) })
    })
    client.query(query)
    expect(await answer).toEqual([null, expect.objectContaining({ rows: [{ n: 1 }] })])
    expect(submitted).toEqual([internals(client).connection])
  })

  test('a query that was not sent ends with the error of the connection', async () => {
    const [running, waiting] = [client.query('SELECT pg_sleep(60)'), client.query('SELECT 1')].map(rejection)
    await killed()
    expect(await running).toMatchObject({ code: '57P01' })
    expect(await waiting).toBeInstanceOf(Error)
  })
})

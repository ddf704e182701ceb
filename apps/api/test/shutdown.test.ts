import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
import { migratedDatabase, send, startService, type TestService } from './support/service.js'
import { SECRET } from './support/tokens.js'
import { until } from './support/until.js'

describe('closing the service', () => {
  let service: TestService
  afterEach(() => service.close())

  /** Closes the service while a request waits for a lock that `release` gives back. */
  async function closeInFlight(): Promise<{
    request: ReturnType<TestService['call']>
    closed: Promise<void>
    release: () => Promise<void>
  }> {
    const client = await service.direct.connect()
    await client.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE')
    const request = service.call('GET /api/creators')
    await until('the request waits', async () => {
      const { rows } = await service.direct.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      )
      return rows.length === 1
    })
    const closing = service.close
    const release = async () => {
      await client.query('ROLLBACK')
      client.release()
    }
    return { request, closed: closing(), release }
  }

  test('lets a request in flight finish and tells its connection to close, while nothing new gets in', async () => {
    service = await startService()
    const { request, closed, release } = await closeInFlight()
    await until('new connections are refused', async () => {
      const refused = await send(service.address, 'GET /api/health/live').catch(error => error.cause)
      return refused.code === 'ECONNREFUSED'
    })
    await release()
    const { status, headers } = await request
    expect(status).toBe(200)
    expect(headers.get('connection')).toBe('close')
    await closed
  })

  test('cuts a request that is still there after the limit, and its query with it', async () => {
    service = await startService({ SHUTDOWN_TIMEOUT: '200ms' })
    const { request, closed, release } = await closeInFlight()
    await expect(request).rejects.toThrow('fetch failed')
    await release()
    await closed
  })

  test('twice is the same as once', async () => {
    service = await startService()
    await Promise.all([service.close(), service.close()])
  })
})

describe('the process', () => {
  const started: ChildProcess[] = []
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  function run(env: Record<string, string>) {
    const program = new URL('../dist/main.js', import.meta.url).pathname
    const child = spawn(process.execPath, [program], { env: { PATH: process.env.PATH ?? '', ...env } })
    started.push(child)
    const output: string[] = []
    const lines = [child.stdout, child.stderr].map(stream => createInterface({ input: stream }))
    for (const reader of lines) reader.on('line', line => output.push(line))
    const exited = once(child, 'close').then(([code, signal]) => ({
      code,
      signal,
      output: output.join('\n'),
    }))
    return { child, output, exited }
  }

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'runs by its environment and ends on %s by itself',
    async signal => {
      const { url } = await migratedDatabase()
      const { child, output, exited } = run({
        DATABASE_URL: url,
        PORT: '0',
        SUPABASE_JWT_SECRET: SECRET,
        NODE_ENV: 'production',
      })
      const address = () => /Server listening at (http:[^"\s]+)/.exec(output.join('\n'))?.[1]
      await until('it listens', async () => address() !== undefined)
      const ready = async () => (await send(address() ?? '', 'GET /api/health/ready')).status === 200
      await until('it is ready', ready)
      child.kill(signal)
      const { code, output: text } = await exited
      expect(code).toBe(0)
      for (const line of text.split('\n')) expect(() => JSON.parse(line)).not.toThrow()
      expect(text).not.toContain(SECRET)
      expect(text).not.toContain(new URL(url).password)
    },
  )

  test.each([
    [{}, 'DATABASE_URL: expected'],
    [{ DATABASE_URL: 'postgres://x/y', PORT: 'http' }, 'PORT: expected a whole number'],
    [{ DATABASE_URL: 'postgres://x/y', NODE_ENV: 'production' }, 'SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL'],
  ])('does not start with %j, and says why in a line without a stack', async (env, message) => {
    const { code, output } = await run(env as Record<string, string>).exited
    expect(code).toBe(1)
    expect(output).toContain(message)
    expect(output).not.toContain('    at ')
  })
})

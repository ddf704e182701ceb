import { inspect } from 'node:util'
import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { expect, test } from 'vitest'
import { type Published, recordChannels } from './channel-recorder.js'
import { recordingLogger } from './recording-logger.js'

const PARAMETER = 'parameter-7f3a'
const LITERAL = 'literal-9c1e'
const PASSWORD = 'password-2b8d'
const NUMBER = 4_711_081_516

/** Everything that something shows when it is printed, nested and in errors: what errors only hold on request is hidden. */
function shown(...things: unknown[]): string {
  return things.map(thing => inspect(thing, { depth: 12, maxArrayLength: null })).join('\n')
}

/** Calls of every kind that carry secrets: they succeed, fail, are refused, cannot be parsed. */
async function useSecrets(pool: Pool): Promise<unknown[]> {
  const errors: unknown[] = []
  const run = (work: () => Promise<unknown>) => work().catch(error => errors.push(error))
  await run(() => pool.query('CREATE TABLE secrets (id text PRIMARY KEY, n bigint)'))
  await run(() => pool.query('INSERT INTO secrets VALUES ($1, $2)', [PARAMETER, NUMBER]))
  await run(() => pool.query('INSERT INTO secrets VALUES ($1, $2)', [PARAMETER, NUMBER]))
  await run(() => pool.query('SELECT $1::int', [PARAMETER]))
  await run(() => pool.query(`SELECT * FROM secrets WHERE id = '${LITERAL}' AND n = ${NUMBER} -- ${LITERAL}`))
  await run(() => pool.query(`SELEC '${LITERAL}' ${NUMBER}`))
  await run(() => pool.query(`SELECT E'${LITERAL}\\' , $tag$${LITERAL}`))
  await run(() => pool.query(`ALTER ROLE nobody_here PASSWORD '${PASSWORD}'`))
  await run(() =>
    pool.transaction(async tx => {
      await tx.query('UPDATE secrets SET n = $2 WHERE id = $1', [PARAMETER, NUMBER])
      await tx.query('SELECT $1::date', [PARAMETER])
    }),
  )
  return errors
}

test('no byte of a parameter, literal or password is in a log, a report, statistics, a plan or a channel', async () => {
  const { url } = await temporaryDatabase()
  const logger = recordingLogger()
  const kept: unknown[] = []
  const errors: unknown[] = []
  const channels = await recordChannels(async () => {
    const pool = new Pool({
      connectionString: url,
      logger,
      report: 20,
      slowQuery: { threshold: 0, plan: true },
    })
    errors.push(...(await useSecrets(pool)))
    const statements = await pool.statements()
    const plans = statements.map(({ fingerprint }) =>
      pool.plan(fingerprint).catch(error => void errors.push(error)),
    )
    kept.push(statements, await Promise.all(plans), pool.stats(), pool.describe())
    await expect.poll(() => logger.of('slow-query').length).toBeGreaterThan(10)
    await expect.poll(() => logger.of('pool-report').length).toBeGreaterThan(1)
    await pool.end()
  })
  const everything = shown(logger.lines, channels.map(withoutText), kept)
  for (const secret of [PARAMETER, LITERAL, PASSWORD, String(NUMBER)])
    expect(linesWith(secret, everything)).toEqual([])
  expect(linesWith(PARAMETER, shown(channels, errors))).toEqual([])
  expect(everything).toContain('INSERT INTO secrets VALUES ($1, $2)')
})

/** Only lines that break the promise are worth reading. */
function linesWith(secret: string, text: string): string[] {
  return text.split('\n').filter(line => line.includes(secret))
}

/** The text is the caller's own there, and PostgreSQL quotes it in some errors; all else has to be free of it. */
function withoutText({ name, context: { query, error, ...rest } }: Published) {
  return { name, ...rest }
}

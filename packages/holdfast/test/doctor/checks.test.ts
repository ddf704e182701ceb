import { readFileSync } from 'node:fs'
import { installedPostgres, type PostgresServer, startPostgres } from '@holdfast/testkit'
import { DOCTOR_CHECKS, type DoctorReport, doctor } from 'holdfast'
import { parse } from 'libpg-query'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apply, expectations, fixture } from './fixture.js'

const FIXTURES = ['integrity.sql', 'indexes.sql', 'security.sql', 'performance.sql'].map(fixture)
const EXPECTED = FIXTURES.flatMap(expectations)
const FIXED = [...new Set(EXPECTED.map(({ id }) => id))]

const SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  track_commit_timestamp: 'on',
  'pg_stat_statements.track': 'all',
  autovacuum: 'off',
  allow_system_table_mods: 'on',
}

const EXTENSIONS =
  'CREATE SCHEMA ext;\nCREATE EXTENSION pg_stat_statements SCHEMA ext;\nCREATE EXTENSION pg_trgm SCHEMA ext;'

/** Fixtures on the embedded server, and on the system's own where there is one: other versions, other catalogues. */
const SERVERS = [
  { name: 'the embedded PostgreSQL', options: {} },
  ...installedPostgres()
    .slice(0, 1)
    .map(binaries => ({ name: `the system's PostgreSQL in ${binaries}`, options: { binaries } })),
]

/** Where the checks are tested that look at more than a schema: by the id at the beginning of a title. */
const ELSEWHERE = [
  'sessions-and-slots.test.ts',
  'client-side.test.ts',
  '../../src/doctor/verdicts.test.ts',
].map(file => readFileSync(new URL(file, import.meta.url), 'utf8'))

test('every check has a fixture, or a test of its own', () => {
  const titles = ELSEWHERE.flatMap(text => text.match(/test\('[^']*'/g) ?? []).join()
  const titled: readonly string[] = titles.match(/\b[IXSPOL]\d\d\b/g) ?? []
  expect(DOCTOR_CHECKS.map(({ id }) => id).filter(id => !FIXED.includes(id) && !titled.includes(id))).toEqual(
    [],
  )
})

describe.each(SERVERS)('on $name', ({ options }) => {
  let server: PostgresServer
  let report: DoctorReport

  beforeAll(async () => {
    server = await startPostgres({ settings: SETTINGS, ...options })
    await apply(server.url, [EXTENSIONS, fixture('roles.sql'), ...FIXTURES])
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    report = await doctor(client, { statisticsDays: 0, queryTimeout: '30s', maxFindings: 10_000 })
    await client.end()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const reported = (id: string) =>
    report.findings.filter(each => each.id === id && each.object.includes(`_${id.toLowerCase()}`))

  test.each(FIXED)('%s reports its red fixture, and not its green one', id => {
    const expected = EXPECTED.filter(each => each.id === id).map(({ object }) => object)
    expect(
      reported(id)
        .map(({ object }) => object)
        .sort(),
    ).toEqual(expected.sort())
  })

  test('every finding says what was seen and how to mend it', () => {
    expect(report.findings.filter(({ evidence, fix }) => evidence === '' || fix === '')).toEqual([])
  })

  test('every fix is SQL that PostgreSQL parses, whatever its comments leave to a person', async () => {
    const broken = report.findings.map(({ key, fix }) =>
      parse(fix).then(
        () => [],
        () => [`${key}: ${fix}`],
      ),
    )
    expect((await Promise.all(broken)).flat()).toEqual([])
  })

  test('every check was made, but for those that need the client', () => {
    expect(report.skipped.map(({ id }) => id)).toEqual(['L06', 'L07', 'L08', 'L09'])
    expect(Object.keys(report.millis)).toEqual(DOCTOR_CHECKS.map(({ id }) => id))
  })
})

import { resolve } from 'node:path'
import { catalogFingerprint, inspectMigrations, migrate, Pool, traceMigrations } from 'holdfast'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SERVERS } from '../support/servers.js'

const DIGIS = resolve(import.meta.dirname, '../../../digis/migrations')

describe.each(SERVERS)('on $name', ({ open }) => {
  test('DIGIS is traced, applied and found as it was left, and what changes by hand is named', async () => {
    const server = await open()
    const pool = new Pool({ connectionString: server.url })
    onTestFinished(async () => {
      await pool.end()
      await server.close()
    })
    const source = { directory: DIGIS, table: 'holdfast.digis_migrations' }
    const openDatabase = (name: string) =>
      new Pool({ connectionString: server.url.replace(/\/[^/]*$/, `/${name}`), max: 2 })
    const { files, warnings } = await traceMigrations(pool, { ...source, openDatabase })
    const { applied } = await migrate(pool, source)
    expect(files.map(({ file }) => file)).toEqual(applied)
    expect(warnings).toEqual([])
    expect(await inspectMigrations(pool, source)).toMatchObject({
      problems: [],
      fingerprint: { state: 'equal', file: applied.at(-1) },
    })
    const { objects } = await catalogFingerprint(pool)
    const kinds = new Set(Object.keys(objects).map(name => name.split(' ')[0]))
    const expected = ['column', 'constraint', 'function', 'grant', 'index', 'table', 'trigger']
    expect([...kinds]).toEqual(expect.arrayContaining(expected))
    await pool.query(`CREATE AGGREGATE agg (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
                      CREATE DOMAIN positive AS int CHECK (VALUE > 0); REVOKE ALL ON users FROM PUBLIC;
                      CREATE PROCEDURE p(OUT x int) LANGUAGE sql AS 'SELECT 1'`)
    const { fingerprint } = await inspectMigrations(pool, source)
    expect(fingerprint.drift).toMatchObject({
      added: expect.arrayContaining(['function public.agg(integer)', 'type public.positive']),
      removed: [],
      changed: [],
    })
  })
})

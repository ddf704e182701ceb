import { type Digis, ensurePartitions, maintainPartitions, schedulePartitions } from '@holdfast/digis'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newDigis, wrong } from '../new-digis.js'

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})

let made = 0
/** A table of entries by month without any month yet, as a ledger may have one. */
async function newTable({ type = 'timestamptz', rest = true, more = '' } = {}): Promise<string> {
  const table = `entries_${++made}`
  await digis.query(`
    CREATE TABLE ${table} (account integer NOT NULL, at ${type} NOT NULL, n integer NOT NULL DEFAULT 1 ${more})
      PARTITION BY RANGE (at);
    ALTER TABLE ${table} ADD CONSTRAINT ${table}_key UNIQUE (account, n, at);
    ${rest ? `CREATE TABLE ${table}_default PARTITION OF ${table} DEFAULT` : ''}`)
  return table
}

/** What `months` from now is called in the name of a partition. */
async function month(months: number): Promise<string> {
  const query = "SELECT to_char((now() AT TIME ZONE 'UTC') + make_interval(months => $1), 'YYYY_MM') AS name"
  return (await digis.query(query, [months])).rows[0].name
}

async function partitionsOf(table: string): Promise<string[]> {
  const query = `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1`
  return (await digis.query(query, [table])).rows.map(row => row.name)
}

const created = (changes: readonly { action: string }[]) => changes.map(change => change.action)

describe('creating ahead', () => {
  test('makes this month and as many as are asked for, and nothing the second time', async () => {
    const table = await newTable()
    const changes = await ensurePartitions(digis.pool, { table, ahead: 2 })
    const months = [await month(0), await month(1), await month(2)]
    expect(changes).toEqual(
      months.map(name => ({ table: `public.${table}`, action: 'created', partition: `${table}_${name}` })),
    )
    expect(await ensurePartitions(digis.pool, { table, ahead: 2 })).toEqual([])
    expect(await partitionsOf(table)).toEqual([...months.map(name => `${table}_${name}`), `${table}_default`])
  })

  test('by twenty callers at once makes each partition once, and each finds all of them there', async () => {
    const table = await newTable()
    const all = await Promise.all(
      Array.from({ length: 20 }, async (_, caller) => {
        // As the service does, and as a scheduler inside the database does.
        const changes: readonly { action: string }[] =
          caller % 2 === 0
            ? await ensurePartitions(digis.pool, { table, ahead: 4 })
            : (await digis.query('SELECT action FROM ensure_partitions($1::regclass, 4)', [table])).rows
        return { changes, found: (await partitionsOf(table)).length }
      }),
    )
    expect(created(all.flatMap(each => each.changes))).toEqual(Array(5).fill('created'))
    expect(all.map(each => each.found)).toEqual(Array(20).fill(6))
  })

  test.each(['timestamptz', 'timestamp', 'date'])('puts rows of a %s into their month of UTC', async type => {
    const table = await newTable({ type })
    await ensurePartitions(digis.pool, { table, ahead: 1 })
    const client = await digis.getClient()
    await client.query("SET TimeZone = 'America/New_York'; SET DateStyle = 'German'")
    await ensurePartitions(digis.pool, { table, ahead: 2 })
    const { rows } = await client.query(`
      INSERT INTO ${table} (account, at) SELECT 1, date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
      RETURNING tableoid::regclass::text AS partition`)
    client.release(true)
    // For types without a zone the server stores what New York's clock showed.
    expect(rows[0].partition).toBe(`${table}_${type === 'timestamptz' ? await month(0) : 'default'}`)
  })

  test('waits for no transaction that reads and writes the table', async () => {
    const table = await newTable({ rest: false })
    await ensurePartitions(digis.pool, { table, ahead: 1 })
    const client = await digis.getClient()
    onTestFinished(() => client.release(true))
    await client.query(`BEGIN; INSERT INTO ${table} (account, at) VALUES (1, now()); SELECT * FROM ${table}`)
    expect(created(await ensurePartitions(digis.pool, { table, ahead: 3 }))).toEqual(['created', 'created'])
  })

  test('says that somebody keeps the default partition busy, and does it the next time', async () => {
    const table = await newTable()
    const client = await digis.getClient()
    onTestFinished(() => client.release(true))
    await client.query(`BEGIN; SELECT * FROM ${table}_default`)
    expect(created(await ensurePartitions(digis.pool, { table, ahead: 1 }))).toEqual(['busy'])
    await client.query('COMMIT')
    expect(created(await ensurePartitions(digis.pool, { table, ahead: 1 }))).toEqual(['created', 'created'])
  })

  test('moves what the default partition has caught of a month, past triggers that forbid it', async () => {
    const table = await newTable({ more: ', twice integer GENERATED ALWAYS AS (n * 2) STORED' })
    await digis.query(`
      CREATE FUNCTION refuse_${table}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''append only''; END';
      CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse_${table}();
      INSERT INTO ${table} (account, at, n) SELECT i, now() + make_interval(months => i % 2), i FROM generate_series(1, 50) AS i`)
    await ensurePartitions(digis.pool, { table, ahead: 1 })
    const { rows } = await digis.query(
      `SELECT tableoid::regclass::text AS partition, count(*)::integer AS rows, sum(twice)::integer AS twice
         FROM ${table} GROUP BY 1 ORDER BY 1`,
    )
    expect(rows).toEqual([
      { partition: `${table}_${await month(0)}`, rows: 25, twice: 1300 },
      { partition: `${table}_${await month(1)}`, rows: 25, twice: 1250 },
    ])
    await expect(digis.query(`DELETE FROM ${table}`)).rejects.toThrow('append only')
  })

  test('makes partitions of a table whose name and schema have to be quoted', async () => {
    await digis.query(`
      CREATE SCHEMA "my ""app";
      CREATE TABLE "my ""app"."Big 'Table" ("the time" timestamptz NOT NULL) PARTITION BY RANGE ("the time")`)
    const table = `"my ""app"."Big 'Table"`
    const changes = await ensurePartitions(digis.pool, { table, ahead: 1 })
    expect(changes.map(change => change.partition)).toEqual([
      `Big 'Table_${await month(0)}`,
      `Big 'Table_${await month(1)}`,
    ])
    expect(await ensurePartitions(digis.pool, { table, ahead: 1 })).toEqual([])
  })
})

describe('retiring', () => {
  /** A table with partitions from six months ago on, with one row in each. */
  async function oldTable(): Promise<string> {
    const table = await newTable()
    await digis.query("SELECT ensure_partitions($1::regclass, 1, NULL, now() - interval '6 months')", [table])
    const months = "generate_series(now() - interval '6 months', now(), interval '1 month')"
    await digis.query(`INSERT INTO ${table} (account, at) SELECT 1, month FROM ${months} AS month`)
    return table
  }

  test('drops the months that are older than what is kept, and only those', async () => {
    const table = await oldTable()
    const changes = await ensurePartitions(digis.pool, { table, ahead: 1, retain: '3 months' })
    const names = await Promise.all([-6, -5, -4].map(month))
    expect(changes).toEqual(
      names.map(name => ({ table: `public.${table}`, action: 'dropped', partition: `${table}_${name}` })),
    )
    const { rows } = await digis.query(`SELECT count(*)::integer AS count FROM ${table}`)
    expect(rows[0].count).toBe(4)
  })

  test('can leave them to somebody who archives them', async () => {
    const table = await oldTable()
    const changes = await ensurePartitions(digis.pool, {
      table,
      ahead: 1,
      retain: '5 months',
      retire: 'detach',
    })
    expect(created(changes)).toEqual(['detached'])
    const { rows } = await digis.query(`SELECT count(*)::integer AS count FROM ${changes[0]?.partition}`)
    expect(rows[0].count).toBe(1)
  })

  test('keeps a month that something refers to, and says so', async () => {
    const table = await oldTable()
    await digis.query(`
      CREATE TABLE ${table}_notes (account integer, n integer, at timestamptz, FOREIGN KEY (account, n, at) REFERENCES ${table} (account, n, at));
      INSERT INTO ${table}_notes SELECT account, n, at FROM ${table} ORDER BY at LIMIT 1`)
    const changes = await ensurePartitions(digis.pool, { table, ahead: 1, retain: '4 months' })
    expect(created(changes)).toEqual(['referenced', 'dropped'])
  })

  test('happens by the policy that was set, when everything is maintained', async () => {
    const table = await oldTable()
    await ensurePartitions(digis.pool, { table, ahead: 2, retain: '12 months' })
    await digis.query("UPDATE partition_policies SET retain = '5 months' WHERE table_name = $1", [
      `public.${table}`,
    ])
    const maintain = async () =>
      (await maintainPartitions(digis.pool)).filter(change => change.table === `public.${table}`)
    expect(created(await maintain())).toEqual(['dropped'])
    expect(await maintain()).toEqual([])
  })
})

describe('is refused by name:', () => {
  test.each<[string, string, object]>([
    ['no table', 'table', { table: '' }],
    ['a table that is not there', 'table', { table: 'nobody' }],
    ['a table with SQL in it', 'table', { table: "users'; DROP TABLE users; --" }],
    ['a table with a NUL', 'table', { table: 'us\0ers' }],
    ['a table of a megabyte', 'table', { table: 'x'.repeat(1_000_000) }],
    ['no months ahead', 'ahead', { table: 'query_statistics', ahead: 0 }],
    ['a thousand months ahead', 'ahead', { table: 'query_statistics', ahead: 1_000 }],
    ['keeping nothing', 'retain', { table: 'query_statistics', retain: '0 months' }],
    ['keeping less than a month', 'retain', { table: 'query_statistics', retain: '3 days' }],
    ['a number for what is kept', 'retain', { table: 'query_statistics', retain: 12 }],
    ['an unknown end', 'retire', { table: 'query_statistics', retire: 'burn' }],
  ])('%s', async (_, field, policy) => {
    await expect(ensurePartitions(digis.pool, policy as never)).rejects.toMatchObject(wrong(field))
  })

  test('a table that is not partitioned, and its policy is not kept', async () => {
    const refused = ensurePartitions(digis.pool, { table: 'users' })
    await expect(refused).rejects.toMatchObject({
      code: '42809',
      message: expect.stringContaining('is not partitioned by ranges'),
    })
    const { rows } = await digis.query("SELECT FROM partition_policies WHERE table_name = 'public.users'")
    expect(rows).toEqual([])
  })
})

test('without pg_cron nothing is scheduled, and the caller is told', async () => {
  expect(await schedulePartitions(digis.pool)).toBe(false)
})

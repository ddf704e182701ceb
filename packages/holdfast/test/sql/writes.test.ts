import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Attribution, TextPlan } from '../../dist/sql/plan.js'
import { type SqlShop, sqlShop } from '../support/sql-shop.js'
import { changedRows, changedTables, contentsOf } from '../support/table-contents.js'

/** A write, and the tables that only the server can know of: by cascades, rules and functions. */
const WRITES: readonly (readonly string[])[] = [
  ["insert into users (id, email) values (10, 'x')"],
  ["insert into users as u (id, email) values (10, 'é;''x') returning u.id, ';' -- the end"],
  ["insert into users (id, email) select id + 100, email || 'x' from users where id < 4;"],
  ['insert into users (id) values (1), (11) on conflict do nothing'],
  [
    "insert into users (id, email) values (1, 'new'), (12, 'y') on conflict (id) do update set email = excluded.email",
  ],
  [
    "insert into users (id, name) values (1, 'new'), (13, 'y') on conflict (id) do update set name = excluded.name",
  ],
  ["update users set email = 'other' where id = 3 /* c */ ; -- d"],
  ["update users set id = 30, mood = 'sad' where id = 6"],
  ["update users u set name = 'x' from sessions s where s.fan_id = u.id and s.id < 3 returning u.*, s.id"],
  ["update users set name = 'x'"],
  ["update only users set (name, email) = (select 'x', 'y') where id = 2"],
  ['delete from users where id = 6'],
  ['delete from users where id = 1', 'sessions payments'],
  [
    'delete from users u using sessions s where s.fan_id = u.id and s.id = 4 returning s.note',
    'sessions payments',
  ],
  ['delete from sessions where id = 2', 'payments'],
  ['update sessions set creator_id = 2, day = null where id in (1, 2)'],
  ['with gone as (delete from payments where id < 3 returning *) insert into log (what) select id from gone'],
  ['with a as (update users set name = $$q$$ where id = 1) update users set name = $$w$$ where id = 2'],
  ['with a as (insert into log (what) values (1) returning id) select * from a'],
  ["insert into measures values (1, '2024-05-05'), (2, '2030-01-01')"],
  ["insert into measures_2024 (id, at) values (3, '2024-05-05')"],
  ["update measures set at = '2026-06-06' where id = 1"],
  ['delete from measures where id < 9'],
  ["insert into animals values (7, 'cow')"],
  ["insert into dogs values (8, 'bob', 'mix')"],
  ["update animals set name = 'x' where id < 9"],
  ["update animals set id = id + 10 where name = 'rex'"],
  ['insert into ruled values (1)', 'log'],
  ['insert into audit.log values (2, 2)'],
  ["update sad set name = 'very' where true"],
  ['delete from sad where id = 6'],
  ['truncate log'],
  ['truncate sessions cascade'],
  ['truncate users, measures cascade'],
  ['truncate measures_2024'],
  ["copy (insert into log (what) values ('x') returning id) to stdout"],
  ["explain analyze update users set name = 'x'"],
  ['explain (analyze, costs off) delete from payments where id = 1'],
  ["select wipe('x')", 'log'],
  ['select wiping(id) from sessions', 'log'],
  ['select 1 @@@ 2', 'log'],
  ['create temp table made as select wipe(name) from users', 'log'],
  ['declare c cursor for select wipe(name) from users; fetch all from c', 'log'],
  ['prepare p as delete from log; execute p; deallocate p', 'log'],
  ['do $$ begin delete from log; end $$', 'log'],
  ["insert into log (what) values ('a'); update users set name = 'b'; select 1"],
  [
    "merge into users u using sessions s on u.id = s.id when matched and s.id < 3 then update set email = 'm' || u.id when matched and s.id = 6 then delete when not matched then insert (id, email) values (s.id, 's' || s.id)",
  ],
  [
    "merge into users u using (values (1), (50)) v(id) on u.id = v.id when matched then update set name = 'm' when not matched then insert (id) values (v.id) returning merge_action(), u.name",
  ],
  [
    'with t as (select id + 7 as id from users) merge into payments p using t on p.id = t.id when matched then do nothing when not matched then insert values (t.id, 1, 2)',
  ],
]

/** Only when it may be run in a transaction that is rolled back; all of the writes above may. */
function namedTables(plan: TextPlan): readonly string[] {
  return 'targets' in plan ? plan.targets.map(target => target.table.name) : []
}

function attributionOf(plan: TextPlan): Attribution | undefined {
  return plan.kind === 'write' ? plan.attribution : undefined
}

describe.each([undefined, 170_000, 150_000])('taking the server for version %s (I1, H9)', version => {
  let shop: SqlShop
  beforeAll(async () => {
    shop = await sqlShop(version)
  })
  afterAll(() => shop.end())

  test.each(WRITES)(
    'names every table that is changed, and every row of what it attributes: %s',
    async (text = '', beyond?: string) => {
      const { client, catalog, analyzer } = shop
      const plan = analyzer.analyze(text)
      const attribution = attributionOf(plan)
      await client.query('BEGIN')
      try {
        const before = await contentsOf(client, catalog)
        const result = await client.query({ text: attribution?.text ?? text, rowMode: 'array' })
        const after = await contentsOf(client, catalog)
        const changed = changedTables(before, after)
        const known = [...namedTables(plan), ...(beyond?.split(' ') ?? [])]
        expect(known).toEqual(expect.arrayContaining(changed.map(table => table.name)))
        expect(changed).not.toEqual([])
        if (attribution === undefined) return
        const { table, columns } = attribution
        const said = new Set(hiddenValues(result.rows, attribution))
        for (const row of changedRows(before.rows.get(table) ?? [], after.rows.get(table) ?? [])) {
          for (const { name } of columns)
            if (row[name] !== null) expect(said).toContain(`${name}=${row[name]}`)
        }
      } finally {
        await client.query('ROLLBACK')
      }
    },
  )
})

/** The values of the hidden columns as tags have them. */
function hiddenValues(rows: readonly unknown[][], { columns }: Attribution): string[] {
  return rows.flatMap(row =>
    row.slice(-columns.length).map((value, index) => {
      const text = value instanceof Date ? dateText(value) : String(value)
      return `${columns[index]?.name}=${text}`
    }),
  )
}

/** The driver reads a date as midnight of the local time zone. */
function dateText(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

test('on the newest server nearly every write is attributed', async () => {
  const shop = await sqlShop()
  try {
    const attributed = WRITES.filter(
      ([text = '']) => attributionOf(shop.analyzer.analyze(text)) !== undefined,
    )
    expect(attributed.length).toBeGreaterThanOrEqual(25)
  } finally {
    await shop.end()
  }
})

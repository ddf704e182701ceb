import { seededRandom } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReadDependency, ReadPlan } from '../../dist/sql/plan.js'
import { type SqlShop, sqlShop } from '../support/sql-shop.js'
import { changedRows, contentsOf } from '../support/table-contents.js'

/** Queries with equalities, each with its parameters. */
const READS: readonly (readonly [text: string, value: string])[] = [
  ['select * from users where id = $1', '2'],
  ['select count(*) from users where mood = $1', 'sad'],
  ['select * from users u join sessions s on s.creator_id = u.id where u.id = $1 order by s.id', '2'],
  ['select * from users u left join sessions s on s.creator_id = u.id where u.id = $1 order by s.id', '3'],
  ['select * from users u left join sessions s on s.creator_id = u.id where s.id = $1', '4'],
  [
    'select * from sessions s right join users u on s.fan_id = u.id where s.creator_id = $1 order by s.id',
    '2',
  ],
  ['select * from users u full join sessions s on s.creator_id = u.id where u.id = $1 order by s.id', '1'],
  [
    'select * from users u left join sessions s on s.creator_id = u.id and s.day = $1 order by 1, s.id',
    '2024-01-02',
  ],
  [
    'select u.id, (select count(*) from sessions s where s.creator_id = u.id) from users u where u.id = $1',
    '2',
  ],
  [
    'select u.id, x.n from users u left join lateral (select count(*) as n from sessions s where s.fan_id = u.id) x on true where u.id = $1',
    '3',
  ],
  [
    'select id from users u where u.id = $1 and not exists (select from sessions s where s.creator_id = u.id)',
    '6',
  ],
  [
    'select id from users u where not exists (select from sessions s where s.creator_id = u.id and u.id = $1) order by 1',
    '2',
  ],
  [
    'select u.name, p.amount from users u join sessions s on s.creator_id = u.id join payments p on p.session_id = s.id where s.id = $1 order by p.id',
    '3',
  ],
  [
    'select * from sessions s left join payments p on p.session_id = s.id left join users u on u.id = s.creator_id where s.id = $1 order by p.id',
    '5',
  ],
  ['select * from users left join sessions using (id) where id = $1', '5'],
  ['select * from users right join sessions using (id) where id = $1', '5'],
  ['select * from users natural join sessions where id = $1', '5'],
  [
    'select (select name from users where id = sessions.creator_id) from sessions where creator_id = $1 order by sessions.id',
    '3',
  ],
  [
    'with x as (select * from sessions where creator_id = $1) select x.id, u.name from x join users u on u.id = x.fan_id order by 1',
    '3',
  ],
  ['select id from users where id = $1 union all select id from sessions where fan_id = $1::int', '4'],
  ['select * from sad where id = $1', '3'],
  ['select * from pairs where uid = $1 order by sid', '2'],
  ['select * from pairs where sid = $1', '4'],
  ['select * from pairs p left join payments y on y.session_id = p.sid where p.sid = $1 order by y.id', '4'],
  ['select * from busy where id = $1', '2'],
  ['select * from users u, sessions s where u.id = s.creator_id and s.creator_id = $1 order by s.id', '2'],
  ['select sum(s.id) from sessions s group by s.creator_id having s.creator_id = $1', '2'],
  [
    'select u.id from users u left join (sessions s join payments p on p.session_id = s.id) on s.creator_id = u.id where u.id = $1 order by p.id',
    '2',
  ],
  [
    'select u.id from users u left join sessions s on s.creator_id = u.id left join users f on f.id = s.fan_id where u.id = $1 order by s.id',
    '2',
  ],
  ['select rank() over (order by id) from sessions where day = $1', '2024-01-01'],
]

/** Changes of single rows, random by the numbers that they are given. */
const CHANGES: readonly ((a: number, b: number) => string)[] = [
  (a, b) => `update users set name = 'r${b}' where id = ${a}`,
  (a, b) => `update users set mood = '${['sad', 'ok', 'happy'][b % 3]}' where id = ${a}`,
  a => `insert into users (id, mood) values (${a + 6}, 'sad')`,
  (a, b) => `update sessions set creator_id = ${1 + (b % 6)} where id = ${a}`,
  (a, b) => `update sessions set fan_id = ${1 + (b % 6)} where id = ${a}`,
  (a, b) => `update sessions set day = '2024-01-0${1 + (b % 4)}' where id = ${a}`,
  a => `delete from sessions where id = ${a}`,
  a => `delete from users where id = ${a}`,
  (a, b) => `update users set id = ${20 + b} where id = ${a}`,
  (a, b) => `insert into sessions values (${a + 8}, ${1 + (b % 6)}, ${a}, '2024-01-02')`,
  (a, b) => `update sessions set id = ${20 + b} where id = ${a}`,
  (a, b) => `update payments set amount = ${b} where id = ${a}`,
  (a, b) => `update payments set session_id = ${1 + (b % 8)} where id = ${a}`,
  a => `delete from payments where id = ${a}`,
]

let shop: SqlShop
beforeAll(async () => {
  shop = await sqlShop()
})
afterAll(() => shop.end())

describe('a result changes only when a row changes that it is said to depend on (I1)', () => {
  test.each(READS)('%s', async (text, value) => {
    const values = [value]
    const { client, catalog, analyzer } = shop
    const plan = analyzer.analyze(text) as ReadPlan
    expect(plan).toMatchObject({ kind: 'read', uncacheable: undefined })
    const random = seededRandom(Buffer.from(text).reduce((sum, byte) => sum * 31 + byte, 7) >>> 0)
    const result = async () => JSON.stringify((await client.query(text, values)).rows)
    // Every change is undone.
    const [before, contents] = [await result(), await contentsOf(client, catalog)]
    for (let round = 0; round < 30; round++) {
      const change = random.pick(CHANGES)(random.int(1, 8), random.int(0, 9))
      // Foreign keys would forbid most changes.
      await client.query('BEGIN; SET LOCAL session_replication_role = replica')
      await client.query(change)
      const [after, changed] = [await result(), await contentsOf(client, catalog)]
      await client.query('ROLLBACK')
      const touched = plan.dependencies.some(each =>
        touches(
          each,
          changedRows(contents.rows.get(each.table) ?? [], changed.rows.get(each.table) ?? []),
          values,
        ),
      )
      if (before !== after) expect({ change, touched }).toEqual({ change, touched: true })
    }
  })
})

type Row = Readonly<Record<string, unknown>>

/** Whether one of the changed rows has, before or after, the value that the dependency is on. */
function touches({ equality }: ReadDependency, rows: readonly Row[], values: readonly unknown[]): boolean {
  if (equality === undefined) return rows.length > 0
  const { column, operand } = equality
  const wanted = operand.kind === 'constant' ? operand.text : String(values[operand.index - 1])
  return rows.some(row => row[column.name] === column.canonical(wanted))
}

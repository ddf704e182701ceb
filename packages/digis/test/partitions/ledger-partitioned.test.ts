import { type Digis, type OrderOf, partitionByMonth, personIdentity, type User } from '@holdfast/digis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newIdentifiedDigis } from '../identified-digis.js'
import { broken, newCreator, newFan } from '../new-digis.js'

let owner: Digis
let service: Digis
let creator: User
let fan: User

beforeAll(async () => {
  ;({ owner, service } = await newIdentifiedDigis())
  ;[creator, fan] = [await newCreator(owner), await newFan(owner)]
  await owner.ledger.purchase({ user_id: fan.id, tokens: 100, cents: 500 })
  await owner.ledger.tip({ from_id: fan.id, to_id: creator.id, tokens: 1, memo: 'before' })
  await partitionByMonth(owner.pool, { table: 'ledger_entries', column: 'created_at' })
  await asUser(fan).ledger.tip({ from_id: fan.id, to_id: creator.id, tokens: 2, memo: 'after' })
  await postLater({ from_id: fan.id, to_id: creator.id, tokens: 3, memo: 'later' })
})
afterAll(async () => {
  expect(await owner.ledger.problems()).toEqual([])
})

const asUser = (user: User) => service.with({ as: personIdentity(user.supabase_id) })

/** Posts as in two months, when entries go into a partition of their own. */
async function postLater(order: OrderOf<'tip'>): Promise<void> {
  const setDefault = (time: string) =>
    `ALTER TABLE ledger_entries ALTER COLUMN created_at SET DEFAULT ${time}`
  await owner.query(setDefault("now() + interval '2 months'"))
  await asUser(fan).ledger.tip(order)
  await owner.query(setDefault('now()'))
}

/** The table and its partitions. */
async function entryTables(): Promise<string[]> {
  const { rows } = await owner.query(
    "SELECT relid::regclass::text AS name FROM pg_partition_tree('ledger_entries') ORDER BY 1",
  )
  return rows.map(row => row.name)
}

test('postings go on, under their keys and in one order with those from before', async () => {
  const order = { user_id: fan.id, tokens: 1, key: 'once' }
  const first = await owner.ledger.spend(order)
  expect(await owner.ledger.spend(order)).toEqual({ ...first, replayed: true })
  await expect(owner.ledger.spend({ ...order, tokens: 1_000, key: 'much' })).rejects.toThrow()
  await expect(owner.ledger.refund(first.id)).resolves.toMatchObject({ replayed: false })
  expect((await owner.ledger.balances(fan.id)).tokens).toBe(94)
})

test('a statement goes on from page to page through all of them, for its owner and for nobody else', async () => {
  const seen: [number, string][] = []
  let after: string | undefined
  do {
    const page = await asUser(creator).ledger.statement(creator.id, { limit: 1, ...(after && { after }) })
    seen.push(...page.rows.map(({ id, memo }): [number, string] => [id, memo]))
    after = page.next ?? undefined
  } while (after !== undefined)
  expect(seen).toEqual([
    [3, 'later'],
    [2, 'after'],
    [1, 'before'],
  ])
  expect((await asUser(creator).ledger.statement(fan.id)).rows).toEqual([])
})

test('nothing is changed or deleted, also in a partition by its own name, one that is made later included', async () => {
  await owner.query("SELECT ensure_partitions('ledger_entries', 6)")
  const tables = await entryTables()
  expect(tables.length).toBeGreaterThan(6)
  for (const table of tables) {
    const error = { code: '23000' }
    await expect(owner.query(`UPDATE ${table} SET amount = 1`), table).rejects.toMatchObject(error)
    await expect(owner.query(`DELETE FROM ${table}`), table).rejects.toMatchObject(error)
    await expect(owner.query(`TRUNCATE ${table}`), table).rejects.toMatchObject(error)
  }
  await expect(owner.query('DELETE FROM ledger_entries')).rejects.toMatchObject(
    broken('chk_ledger_entries_append_only'),
  )
})

test('no transfer of an earlier transaction gets another entry', async () => {
  const insert = owner.query(
    `INSERT INTO ledger_entries (account_id, account_version, transfer_id, amount, balance_after)
     SELECT 1, 99, min(transfer_id), 5, 5 FROM ledger_entries`,
  )
  await expect(insert).rejects.toMatchObject(broken('chk_ledger_entries_open'))
})

test('people reach no partition but through the table', async () => {
  const [own, ...partitions] = await entryTables()
  const pool = service.pool.as(personIdentity(fan.supabase_id))
  expect((await pool.query(`SELECT FROM ${own}`)).rowCount).toBeGreaterThan(0)
  for (const table of partitions.filter(name => !/_before_/.test(name)))
    await expect(pool.query(`SELECT FROM ${table}`), table).rejects.toMatchObject({ code: '42501' })
})

import { CITUS_LAYOUT, checkDistribution, type Digis } from '@holdfast/digis'
import { beforeAll, describe, expect, test } from 'vitest'
import { newDigis, wrong } from '../new-digis.js'
import { layOutForCitus } from './citus-keys.js'

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})

test('the usual schema cannot be split, and it is said why', async () => {
  const broken = await checkDistribution(digis.pool, CITUS_LAYOUT)
  expect(broken.map(({ rule, subject }) => `${rule} ${subject}`)).toEqual([
    'foreign-key fk_payments_session',
    'key payments_pkey',
    'key sessions_pkey',
  ])
})

test('with the layout for Citus it can', async () => {
  const ready = await newDigis()
  await layOutForCitus(ready)
  expect(await checkDistribution(ready.pool, CITUS_LAYOUT)).toEqual([])
})

describe('breaks a rule:', () => {
  const PARENT = 'CREATE TABLE parent (c bigint NOT NULL, id bigint, PRIMARY KEY (c, id));'

  test.each<[string, string, string]>([
    ['a table without the column', 'CREATE TABLE child (id bigint)', 'column child'],
    ['a column that may be NULL', 'CREATE TABLE child (c bigint)', 'column child'],
    ['a column of another type', 'CREATE TABLE child (c integer NOT NULL)', 'column parent'],
    [
      'a primary key without it',
      'CREATE TABLE child (c bigint NOT NULL, id bigint PRIMARY KEY)',
      'key child_pkey',
    ],
    [
      'a unique index without it',
      'CREATE TABLE child (c bigint NOT NULL, n text); CREATE UNIQUE INDEX one_n ON child (lower(n))',
      'key one_n',
    ],
    [
      'a foreign key that crosses it',
      'CREATE TABLE child (c bigint NOT NULL, d bigint, id bigint, CONSTRAINT across FOREIGN KEY (d, id) REFERENCES parent)',
      'foreign-key across',
    ],
    [
      'a foreign key from a table on one node',
      'CREATE TABLE child (c bigint NOT NULL); CREATE TABLE lone (c bigint, id bigint, CONSTRAINT far FOREIGN KEY (c, id) REFERENCES parent)',
      'foreign-key far',
    ],
    [
      'a foreign key to a table on one node',
      'CREATE TABLE lone (id bigint PRIMARY KEY); CREATE TABLE child (c bigint NOT NULL, id bigint CONSTRAINT home REFERENCES lone)',
      'foreign-key home',
    ],
    [
      'a foreign key from what is on every node',
      'CREATE TABLE child (c bigint NOT NULL); ALTER TABLE copied ADD c bigint, ADD CONSTRAINT back FOREIGN KEY (c, id) REFERENCES parent',
      'foreign-key back',
    ],
    [
      'partitions of partitions',
      'CREATE TABLE child (c bigint NOT NULL, n integer, m integer) PARTITION BY LIST (n); CREATE TABLE part PARTITION OF child FOR VALUES IN (1) PARTITION BY LIST (m)',
      'partitions child',
    ],
    ['no table at all', '', 'table child'],
  ])('%s', async (_, definitions, expected) => {
    await digis.query('DROP SCHEMA IF EXISTS tried CASCADE; CREATE SCHEMA tried')
    const broken = await digis.transaction(async tx => {
      await tx.query(
        `SET LOCAL search_path = tried; CREATE TABLE copied (id bigint PRIMARY KEY); ${PARENT}${definitions}`,
      )
      const layout = { distributed: ['parent', 'child'], column: 'c', reference: ['copied'] }
      return checkDistribution(tx as never, layout)
    })
    expect(broken.map(({ rule, subject }) => `${rule} ${subject}`)).toEqual([expected])
  })
})

test.each<[string, object]>([
  ['distributed', { distributed: 'sessions', column: 'creator_id' }],
  ['distributed[0]', { distributed: [7], column: 'creator_id' }],
  ['column', { distributed: ['sessions'], column: 'x'.repeat(64) }],
  ['reference[0]', { distributed: ['sessions'], column: 'creator_id', reference: ['a\0b'] }],
])('an impossible %s is refused by name', async (field, distribution) => {
  await expect(checkDistribution(digis.pool, distribution as never)).rejects.toMatchObject(wrong(field))
})

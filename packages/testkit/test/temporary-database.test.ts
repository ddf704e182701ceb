import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { expect, test } from 'vitest'
import { query } from './query.js'

test('each temporary database is empty and separate from the others', async () => {
  const one = await temporaryDatabase()
  const two = await temporaryDatabase()
  await query(one.url, 'CREATE TABLE notes (id int)')
  expect(await query(one.url, "SELECT to_regclass('notes') IS NOT NULL AS found")).toEqual([{ found: true }])
  expect(await query(two.url, "SELECT to_regclass('notes') IS NOT NULL AS found")).toEqual([{ found: false }])
})

test('a temporary database can be a copy of another one', async () => {
  const original = await temporaryDatabase()
  await query(original.url, 'CREATE TABLE notes AS SELECT 7 AS id')
  const copy = await temporaryDatabase({ template: original.name })
  expect(await query(copy.url, 'SELECT id FROM notes')).toEqual([{ id: 7 }])
})

test('a dropped database is gone although somebody was connected to it', async () => {
  const database = await temporaryDatabase()
  const client = new pg.Client({ connectionString: database.url })
  const ended = new Promise(resolve => client.on('error', resolve))
  await client.connect()
  await database.drop()
  await ended
  const found = await query(database.adminUrl, `SELECT 1 FROM pg_database WHERE datname = '${database.name}'`)
  expect(found).toEqual([])
})

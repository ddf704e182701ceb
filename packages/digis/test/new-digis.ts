import { randomUUID } from 'node:crypto'
import { createDigis, type Digis, type Session, type User } from '@holdfast/digis'
import { temporaryDatabase } from '@holdfast/testkit'
import { afterAll } from 'vitest'

const open: Digis[] = []

afterAll(async () => {
  await Promise.all(open.splice(0).map(digis => digis.end()))
})

/** DIGIS on a database of its own with the current schema and nobody in it; ended after the test file. */
export async function newDigis(): Promise<Digis> {
  const { HOLDFAST_DIGIS_TEMPLATE: template } = process.env
  const digis = opened(await temporaryDatabase(template === undefined ? {} : { template }))
  await digis.addMissingColumns()
  return digis
}

/** DIGIS on an empty database. */
export async function newEmptyDigis(): Promise<Digis> {
  return opened(await temporaryDatabase())
}

function opened({ url }: { readonly url: string }): Digis {
  const digis = createDigis({ connectionString: url })
  open.push(digis)
  return digis
}

/** The only row of a result. */
export function only<R>({ rows }: { rows: readonly R[] }): R {
  const [row] = rows
  if (row === undefined || rows.length !== 1) throw new Error(`Expected one row, got ${rows.length}.`)
  return row
}

export async function newFan(digis: Digis): Promise<User> {
  return only(await digis.createUser(randomUUID()))
}

export async function newCreator(digis: Digis, bio = ''): Promise<User> {
  return only(await digis.createUser(randomUUID(), true, bio))
}

/** A session that goes on, between two new people. */
export async function newSession(digis: Digis): Promise<Session> {
  const [creator, fan] = [await newCreator(digis), await newFan(digis)]
  return only(await digis.createSession(creator.id, fan.id))
}

/** What an error of a wrong argument looks like. */
export function wrong(field: string): object {
  return { name: 'DigisInputError', code: 'DIGIS_INPUT', category: 'invalid-input', retry: 'never', field }
}

/** What PostgreSQL's error for a broken constraint looks like. */
export function broken(constraint: string): object {
  return { name: 'error', constraint }
}

import { randomUUID } from 'node:crypto'
import { createDigis, type Digis, type Session, type User } from '@holdfast/digis'
import { afterFile, temporaryDatabase } from '@holdfast/testkit'

type Layout = (digis: Digis) => Promise<unknown>
let layout: Layout = async () => {}

/** From here on {@link newDigis} lays its tables out so: a test file runs those of another one on its own layout. */
export function layOut(chosen: Layout): void {
  layout = chosen
}

/** DIGIS on a database of its own with the current schema and nobody in it; ended after the test file. */
export async function newDigis(): Promise<Digis> {
  const digis = await newDigisOn(await migratedDatabase())
  await layout(digis)
  return digis
}

/** The name of a database with the current schema, to copy. */
let template: Promise<string> | undefined

/** The URL of a fresh database with the current schema. */
export async function migratedDatabase(): Promise<string> {
  template ??= existingTemplate() ?? migratedTemplate()
  return (await temporaryDatabase({ template: await template })).url
}

/** Made for the whole run, where there is one. */
function existingTemplate(): Promise<string> | undefined {
  const { HOLDFAST_DIGIS_TEMPLATE: name } = process.env
  return name === undefined ? undefined : Promise.resolve(name)
}

async function migratedTemplate(): Promise<string> {
  const { name, url } = await temporaryDatabase()
  const digis = createDigis({ connectionString: url })
  await digis.addMissingColumns()
  await digis.end()
  return name
}

/** The current schema, laid out as the test file wants it. */
export async function setUp(digis: Digis): Promise<void> {
  await digis.addMissingColumns()
  await layout(digis)
}

/** DIGIS on an empty database. */
export async function newEmptyDigis(): Promise<Digis> {
  const { url } = await temporaryDatabase()
  return newDigisOn(url)
}

/** DIGIS on a database that is there; ended after the test file. */
export async function newDigisOn(url: string): Promise<Digis> {
  const digis = createDigis({ connectionString: url })
  afterFile(() => digis.end())
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

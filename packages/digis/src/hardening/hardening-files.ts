import { readdir, readFile } from 'node:fs/promises'

/** The numbered files that say what the schema is to be. */
export const MIGRATIONS = new URL('../../migrations/', import.meta.url)

/** The procedures that bring an existing schema there. */
const PROCEDURES = new URL('../../sql/hardening/', import.meta.url)

/** The last migration of the schema that the hardening brings an existing database to. */
const LAST = '0029'

/** One file. */
export interface SqlFile {
  readonly name: string
  readonly text: string
}

export function readProcedures(): Promise<SqlFile[]> {
  return readFolder(PROCEDURES, () => true)
}

/** The migrations that the hardening stands for, in order. */
export function readTarget(): Promise<SqlFile[]> {
  return readFolder(MIGRATIONS, name => name.slice(0, 4) <= LAST)
}

async function readFolder(folder: URL, wanted: (name: string) => boolean): Promise<SqlFile[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.sql') && wanted(name)).sort()
  return Promise.all(names.map(async name => ({ name, text: await readFile(new URL(name, folder), 'utf8') })))
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { temporaryDatabase } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import type { PoolClient } from 'pg'
import { onTestFinished } from 'vitest'

/** Files by name: `{ '0001_a.sql': 'SELECT 1' }`. */
export type Files = Readonly<Record<string, string>>

/** A folder of migrations, removed after the test. */
export async function folderWith(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await write(folder, files)
  return folder
}

/** Adds files to a folder, or replaces them. */
export async function write(folder: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

/** An empty database and a pool on it, both gone after the test. */
export async function emptyDatabase(options: PoolOptions = {}): Promise<Pool & { url: string }> {
  const database = await temporaryDatabase()
  const pool = new Pool({ connectionString: database.url, ...options })
  onTestFinished(async () => {
    await pool.end()
    await database.drop()
  })
  return Object.assign(pool, { url: database.url })
}

/** The names of the tables that are not the runner's. */
export async function tablesOf(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
  return rows.map(row => row.tablename)
}

/** The names of the files that the history says are finished. */
export async function finishedFiles(pool: Pool, table = 'holdfast.migrations'): Promise<string[]> {
  const { rows } = await pool.query(`SELECT name FROM ${table} WHERE finished_at IS NOT NULL ORDER BY number`)
  return rows.map(row => row.name)
}

/** A client whose transaction holds what the SQL takes, given back at the latest after the test. */
export async function holderOf(pool: Pool, text: string): Promise<{ letGo(): Promise<void> }> {
  const client: PoolClient = await pool.connect()
  await client.query('BEGIN')
  await client.query(text)
  let held = true
  async function letGo(): Promise<void> {
    if (!held) return
    held = false
    await client.query('ROLLBACK')
    client.release()
  }
  onTestFinished(letGo)
  return { letGo }
}

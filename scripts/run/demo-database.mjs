import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { migrateDigis } from '@holdfast/digis'
import { seedDemo } from '@holdfast/digis/demo'
import { commandLine, isAlive, reachableFolder, startPostgres } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { ROOT } from './repository.mjs'
import { StartLock } from './start-lock.mjs'
import { paint, step } from './terminal.mjs'

const FOLDER = join(ROOT, '.holdfast')
const DATABASE = 'digis'

/**
 * The demo's database: its URL, and what ends the server.
 *
 * @typedef {{ url: string, server: import('@holdfast/testkit').PostgresServer, announce: (address: string) => void,
 *   stop: () => Promise<void>, abandon: () => void }} DemoDatabase
 *   `abandon` frees the data at once: the server ends by itself when this process does
 */

/**
 * Starts the embedded PostgreSQL on data that outlive it, with schema and demo data in place.
 *
 * @returns {Promise<DemoDatabase>}
 * @throws Error when another start uses the data
 */
export async function startDemoDatabase() {
  const lock = takeLock()
  try {
    const server = await step('Starting PostgreSQL', () => startPostgres({ dataDirectory: dataFolder() }))
    try {
      await prepare(server)
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return {
      url: server.urlFor(DATABASE),
      server,
      announce: address => lock.announce(address),
      stop: () => server[Symbol.asyncDispose]().finally(() => lock.release()),
      abandon: () => lock.release(),
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

function takeLock() {
  mkdirSync(FOLDER, { recursive: true })
  const lock = new StartLock(
    join(FOLDER, 'start.json'),
    pid => isAlive(pid) && /start\.mjs/.test(commandLine(pid)),
  )
  const other = lock.take()
  if (!other) return lock
  const where = other.address ? `listens on ${other.address}` : 'is starting'
  throw new Error(`The demo runs already: process ${other.pid} ${where}. Stop that one first (Ctrl-C there).`)
}

function dataFolder() {
  const preferred = join(FOLDER, 'postgres')
  const folder = reachableFolder(preferred)
  if (folder !== preferred) {
    console.log(
      paint(
        'dim',
        `The data are in ${folder}: the account that PostgreSQL runs as cannot enter this folder.`,
      ),
    )
  }
  return folder
}

/** @param {import('@holdfast/testkit').PostgresServer} server */
async function prepare(server) {
  await createDatabase(server.url)
  const pool = new Pool({ connectionString: server.urlFor(DATABASE), name: 'start', max: 2 })
  try {
    await step('Bringing the schema up to date', () => migrateDigis(pool))
    await step('Providing the demo data', show =>
      seedDemo(pool, { onProgress: ({ table, rows }) => show(`${rows.toLocaleString('en')} ${table}`) }),
    )
  } finally {
    await pool.end()
  }
}

/** @param {string} connectionString */
async function createDatabase(connectionString) {
  const pool = new Pool({ connectionString, name: 'start', max: 1 })
  try {
    const { rows } = await pool.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
    if (rows.length === 0) await pool.query(`CREATE DATABASE ${DATABASE}`)
  } finally {
    await pool.end()
  }
}

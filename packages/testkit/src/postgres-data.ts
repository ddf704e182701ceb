import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serverEnvironment } from './guardian.js'
import { endOrphanedServer } from './orphaned-server.js'
import type { PostgresBinaries } from './postgres-binaries.js'
import { canEnter } from './reachable-folder.js'
import { newPassword, registerSecret } from './secrets.js'
import type { ServerAccount } from './server-account.js'
import { copyForStandby, type StandbySource } from './standby-data.js'

const run = promisify(execFile)

/** The files of one server: `folder` holds the data, the log and the superuser's password. */
export interface PostgresData {
  readonly folder: string
  readonly data: string
  readonly log: string
  readonly password: string
}

/** Where the data goes, and with whose rights. */
export interface PostgresDataOptions {
  readonly folder: string
  readonly account: ServerAccount
  readonly binaries: PostgresBinaries
  /** Whether the data must survive a crash of the machine; costs half a second. */
  readonly durable: boolean
  /** The running server that a new one is to follow, with a copy of its data. */
  readonly source?: StandbySource | undefined
}

/**
 * Opens the files of a server, initialising them when there are none or when an earlier initialisation did not
 * finish.
 *
 * @throws Error when the account cannot enter the folder, or the data belong to another major version
 */
export async function openPostgresData(options: PostgresDataOptions): Promise<PostgresData> {
  const { folder, account, binaries } = options
  prepareFolder(folder, account)
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  if (!existsSync(data)) await initialise(options, passwordFile)
  checkVersion(data, binaries)
  await endOrphanedServer(data)
  const password = readFileSync(passwordFile, 'utf8').trim()
  registerSecret(password)
  return { folder, data, password, log: join(folder, 'server.log') }
}

/** Makes the folder and gives it to the account, closed to everybody else. */
function prepareFolder(folder: string, account: ServerAccount): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const isNew = readdirSync(folder).length === 0
  if (isNew && account) chownSync(folder, account.uid, account.gid)
  if (canEnter(account, folder)) return
  throw new Error(
    `The account that PostgreSQL runs as cannot enter ${folder}: one of the folders above it is closed to other ` +
      'users. Choose a data folder elsewhere, or let reachableFolder() choose one.',
  )
}

/** The environment variable that names a folder with initialised data, and their password, to copy. */
const TEMPLATE = 'HOLDFAST_TESTKIT_TEMPLATE'

/** Copies the data, of a server that does not run, to where new temporary servers find them from now on. */
export async function offerTemplate(
  { folder, data, password }: PostgresData,
  account: ServerAccount,
): Promise<void> {
  const template = join(folder, 'template')
  mkdirSync(template, { mode: 0o700 })
  writeFileSync(join(template, 'password'), password, { mode: 0o600 })
  if (account) chownSync(template, account.uid, account.gid)
  await copyFolder(data, join(template, 'data'), account)
  process.env[TEMPLATE] = template
}

/** The data appear under their final name last, so that data under that name are always complete. */
async function initialise(options: PostgresDataOptions, passwordFile: string): Promise<void> {
  const { folder, account, source } = options
  const unfinished = join(folder, 'data.unfinished')
  await rm(unfinished, { recursive: true, force: true })
  if (source) return initialiseStandby(options, source)
  const template = usableTemplate(options)
  const password = template ? readFileSync(join(template, 'password'), 'utf8') : `${newPassword()}\n`
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (account) chownSync(passwordFile, account.uid, account.gid)
  if (template) await copyFolder(join(template, 'data'), unfinished, account)
  else await initdb({ ...options, target: unfinished, passwordFile })
  await rename(unfinished, join(folder, 'data'))
}

/** As {@link initialise}, with the data and the password of a running server. */
async function initialiseStandby(options: PostgresDataOptions, source: StandbySource): Promise<void> {
  const { folder, account } = options
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, `${source.password}\n`, { mode: 0o600 })
  if (account) chownSync(passwordFile, account.uid, account.gid)
  await copyForStandby(source, join(folder, 'data.unfinished'), account)
  await rename(join(folder, 'data.unfinished'), join(folder, 'data'))
}

/** Copying data that were initialised once takes a sixth of the time; only tests may share a password. */
function usableTemplate({ binaries, durable }: PostgresDataOptions): string | undefined {
  const folder = process.env[TEMPLATE]
  if (folder === undefined || durable || process.platform === 'win32') return undefined
  try {
    return versionOf(join(folder, 'data')) === binaries.major ? folder : undefined
  } catch {
    // A process of another account inherited the variable and cannot read the folder.
    return undefined
  }
}

/** Copies a folder with all in it and hands it to the account. */
async function copyFolder(from: string, to: string, account: ServerAccount): Promise<void> {
  await run('cp', ['-R', from, to], { ...account, cwd: '/' })
}

/** One run of initdb. */
interface InitdbOptions extends PostgresDataOptions {
  readonly target: string
  readonly passwordFile: string
}

/** Initialises a data folder with UTF-8, a locale that sorts alike everywhere, and password logins. */
async function initdb({ binaries, account, target, passwordFile, durable }: InitdbOptions): Promise<void> {
  const args = ['-D', target, '-U', 'postgres', '-E', 'UTF8', '-A', 'scram-sha-256', '--pwfile', passwordFile]
  if (!durable) args.push('--no-sync')
  const options = { ...account, cwd: '/', env: serverEnvironment() }
  await run(binaries.initdb, [...args, ...localeArgs(binaries)], options)
}

/** The same order and case rules on every machine: by code point, with the Unicode tables where they exist. */
function localeArgs({ major }: PostgresBinaries): string[] {
  if (major >= 17) return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  return process.platform === 'linux' ? ['--locale=C.UTF-8'] : ['--locale=C']
}

/** Refuses data that another major version has written. */
function checkVersion(data: string, binaries: PostgresBinaries): void {
  const found = versionOf(data)
  if (found === binaries.major) return
  throw new Error(
    `The data in ${data} belong to PostgreSQL ${found}, but this is PostgreSQL ${binaries.major}. ` +
      'Remove the folder to start anew, or use the binaries of that version.',
  )
}

/** The major version that has written the data. */
function versionOf(data: string): number {
  return Number(readFileSync(join(data, 'PG_VERSION'), 'utf8'))
}

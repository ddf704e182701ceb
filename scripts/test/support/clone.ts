import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from '../../run/repository.mjs'
import type { Account } from './account.js'

/** A home folder with the repository in it, installed and not yet built. */
export interface Clone {
  readonly home: string
  /** The repository in it. */
  readonly folder: string
  remove(): void
}

export interface CloneOptions {
  readonly account?: Account | undefined
  readonly mode?: number
}

/**
 * Copies what a commit of this repository would hold, and links what npm has installed.
 *
 * @param options.account whose home it is; absent: ours
 * @param options.mode of the home; default: closed to everybody else
 */
export function cloneRepository({ account, mode = 0o700 }: CloneOptions = {}): Clone {
  const base = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  // The home is closed, and not the way to it.
  chmodSync(base, 0o755)
  const home = join(base, 'home')
  const clone = { home, folder: join(home, 'holdfast'), remove: () => remove(base) }
  try {
    const copy = new Copy(account)
    copy.makeFolder(home, mode)
    for (const file of repositoryFiles()) copy.file(join(ROOT, file), join(clone.folder, file))
    for (const folder of installedFolders()) copy.linkFolder(join(ROOT, folder), join(clone.folder, folder))
  } catch (error) {
    clone.remove()
    throw error
  }
  return clone
}

/** Where npm has installed something: packages of which a member needs another version than the rest are with it. */
function installedFolders(): string[] {
  const members = ['packages', 'apps'].flatMap(parent =>
    readdirSync(join(ROOT, parent)).map(name => join(parent, name)),
  )
  return ['.', 'benchmarks', ...members]
    .map(folder => join(folder, 'node_modules'))
    .filter(folder => existsSync(join(ROOT, folder)))
}

/** A server that has just been killed may still be writing. */
function remove(base: string): void {
  rmSync(base, { recursive: true, force: true, maxRetries: 10 })
}

/** Relative paths of the files that git has, or would have with the next commit. */
function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return listed.split('\0').filter(file => file !== '' && existsSync(join(ROOT, file)))
}

/** Copies on behalf of an account, which owns all that is new. */
class Copy {
  readonly #account: Account | undefined

  constructor(account: Account | undefined) {
    this.#account = account
  }

  /** Makes the folder and those above it. */
  makeFolder(folder: string, mode = 0o755): void {
    if (existsSync(folder)) return
    this.makeFolder(dirname(folder))
    mkdirSync(folder, { mode })
    this.#own(folder)
  }

  file(from: string, to: string): void {
    this.makeFolder(dirname(to))
    copyFileSync(from, to)
    this.#own(to)
  }

  /** Links every file, which nobody changes; the cache is left out, because it is written to in place. */
  linkFolder(from: string, to: string): void {
    this.makeFolder(to)
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      const [source, target] = [join(from, entry.name), join(to, entry.name)]
      if (entry.name === '.cache') continue
      if (entry.isDirectory()) this.linkFolder(source, target)
      // What leads to a package of the repository is relative, so here it leads to the copy.
      else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
      else linkOrCopy(source, target)
    }
  }

  #own(path: string): void {
    if (this.#account) chownSync(path, this.#account.uid, this.#account.gid)
  }
}

/** Files can be linked within one file system only. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    copyFileSync(from, to)
  }
}

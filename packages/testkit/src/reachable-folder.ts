import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chownSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { type ServerAccount, serverAccount } from './server-account.js'

/**
 * Whether the account can enter the folder, that is, has the x permission on it and on every ancestor. The
 * account itself tries, so access lists and mount options count as well as modes.
 */
export function canEnter(account: ServerAccount, folder: string): boolean {
  if (account === undefined) return true
  const attempt = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], {
    ...account,
    cwd: '/',
    stdio: 'ignore',
  })
  return attempt.status === 0
}

/**
 * Where a server's files can live: the preferred folder, or, when the server's account cannot enter it (a clone
 * in the home folder of root, say), a folder of this machine that stands for it on every later call.
 */
export function reachableFolder(preferred: string): string {
  const folder = resolve(preferred)
  const account = serverAccount(folder)
  const parent = dirname(folder)
  if (canEnter(account, parent)) return folder
  const key = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  return join(sharedFolder(), `${basename(parent)}-${key}`)
}

/**
 * A folder of root's that every account can enter and only root can write, made when it is missing. Root alone
 * needs one: an ordinary user's server runs as that user.
 */
export function sharedFolder(): string {
  for (const candidate of ['/var/lib/holdfast', join(tmpdir(), 'holdfast'), '/var/tmp/holdfast']) {
    if (isOurs(candidate)) return candidate
  }
  throw new Error(
    'Found no folder for the server: /var/lib, the temporary folder and /var/tmp are not usable',
  )
}

function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    const stats = lstatSync(folder)
    // In a world-writable parent another user may have put the name there first.
    return stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0
  } catch {
    return false
  }
}

/** A new empty folder that belongs to the account, in the system's temporary folder or else in a shared one. */
export function temporaryFolder(account: ServerAccount, prefix: string): string {
  const parent = canEnter(account, tmpdir()) ? tmpdir() : sharedFolder()
  const folder = mkdtempSync(join(parent, prefix))
  if (account) chownSync(folder, account.uid, account.gid)
  return folder
}

import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'

/** The operating-system account that a server runs as; `undefined` stands for the account of this process. */
export type ServerAccount = { readonly uid: number; readonly gid: number } | undefined

/**
 * PostgreSQL refuses to run as root. For root this is the account `postgres`, made when there is none; for
 * everybody else it is their own.
 *
 * @param existing a folder that a server used before: root then runs as its owner, because PostgreSQL accepts
 *   only a data folder that its own account owns
 * @throws Error when root has no `postgres` account and cannot make one
 */
export function serverAccount(existing?: string): ServerAccount {
  if (process.getuid?.() !== 0) return undefined
  return ownerOf(existing) ?? lookUp('postgres') ?? createAccount()
}

/** The owner of an existing folder, otherwise nobody in particular. */
function ownerOf(folder: string | undefined): ServerAccount {
  const stats = folder === undefined ? undefined : statSync(folder, { throwIfNoEntry: false })
  return stats && stats.uid !== 0 ? { uid: stats.uid, gid: stats.gid } : undefined
}

/** The ids of a user by name. */
function lookUp(name: string): ServerAccount {
  try {
    return { uid: id('-u', name), gid: id('-g', name) }
  } catch {
    return undefined
  }
}

function id(flag: '-u' | '-g', name: string): number {
  return Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
}

/** Debian and Red Hat bring useradd; Alpine brings adduser. */
const CREATE_COMMANDS = [
  'groupadd --system postgres && useradd --system --no-create-home --gid postgres --shell /usr/sbin/nologin postgres',
  'addgroup -S postgres && adduser -S -D -H -G postgres -s /sbin/nologin postgres',
]

/** Makes the user `postgres`, and says so. */
function createAccount(): ServerAccount {
  for (const command of CREATE_COMMANDS) {
    try {
      execFileSync('/bin/sh', ['-c', command], { stdio: 'ignore' })
      process.stderr.write('Created the system account "postgres": PostgreSQL refuses to run as root.\n')
      break
    } catch {
      // The next command may fit this system; when none does, the error below says what to do.
    }
  }
  const account = lookUp('postgres')
  if (account) return account
  throw new Error(
    'PostgreSQL refuses to run as root, there is no account "postgres" and it could not be created. ' +
      'Create it (useradd --system postgres) or run this as an ordinary user.',
  )
}

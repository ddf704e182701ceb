import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where systems put the versions of PostgreSQL that they install side by side. */
const PARENTS = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt']

/** The bin folders of this machine's own PostgreSQL installations, newest version first; often none. */
export function installedPostgres(): string[] {
  return PARENTS.flatMap(versionsIn)
    .sort((a, b) => b.version - a.version)
    .map(({ bin }) => bin)
}

/** The versions installed below a folder, each with the folder of its programs. */
function versionsIn(parent: string): { version: number; bin: string }[] {
  if (!existsSync(parent)) return []
  return readdirSync(parent).flatMap(name => {
    const version = Number(/^(?:postgresql@)?(\d+)$/.exec(name)?.[1])
    const bin = join(parent, name, 'bin')
    return version && existsSync(join(bin, 'initdb')) ? [{ version, bin }] : []
  })
}

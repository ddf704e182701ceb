import { spawnSync } from 'node:child_process'

/** An account of the operating system. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const NOBODY: Account = { uid: 65534, gid: 65534 }

/**
 * An account without any privilege, for a test run of root; `undefined` when the tests have such an account already,
 * or nobody can run this Node.
 */
export function ordinaryAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const attempt = spawnSync(process.execPath, ['--version'], { ...NOBODY, cwd: '/' })
  return attempt.status === 0 ? NOBODY : undefined
}

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandLine, isAlive, parentOf } from './process-tree.js'

/** Milliseconds for a guardian that lost its owner to end its server, with some to spare. */
const GUARDIAN_PATIENCE = 8000
/** Milliseconds for an orphan to end in order before it is made to. */
const ORPHAN_PATIENCE = 10_000
/** Milliseconds between two looks at a process that is asked to end. */
const POLL = 20

/**
 * Clears the way for a server on these data: ends one that lost its owner and its guardian, and removes a pid
 * file whose process is gone or has become another program.
 *
 * @throws Error when a server that somebody still owns uses the data
 */
export async function endOrphanedServer(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  const pid = readPid(pidFile)
  if (pid === undefined) return
  if (isServerOf(pid, data)) await endServer(pid, data)
  // PostgreSQL would take any process of ours that got the same id for its predecessor, and refuse to start.
  rmSync(pidFile, { force: true })
}

/** Asks the server to end, then ends it by force. */
async function endServer(pid: number, data: string): Promise<void> {
  const owner = ownerOf(pid)
  if (owner !== undefined && isAlive(owner)) {
    throw new Error(
      `The server with process id ${pid} uses the data in ${data}: stop it, or process ${owner}, first`,
    )
  }
  if (owner !== undefined && (await isGoneWithin(pid, GUARDIAN_PATIENCE))) return
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!isAlive(pid)) return
    process.kill(pid, signal)
    if (await isGoneWithin(pid, ORPHAN_PATIENCE)) return
  }
}

/** The process id in a pid file; undefined when there is none to read. */
function readPid(pidFile: string): number | undefined {
  if (!existsSync(pidFile)) return undefined
  return Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
}

/** Whether a process is the server of this data, and not one that inherited the number. */
function isServerOf(pid: number, data: string): boolean {
  return isAlive(pid) && commandLine(pid).includes(` -D ${data} `)
}

/** The process on whose behalf a guardian runs the server; `undefined` without a guardian. */
function ownerOf(pid: number): number | undefined {
  const guardian = parentOf(pid)
  const owner = guardian && /guardian-process\.js .* (\d+) *$/.exec(commandLine(guardian))?.[1]
  return owner ? Number(owner) : undefined
}

/** Whether a process goes within some milliseconds. */
async function isGoneWithin(pid: number, patience: number): Promise<boolean> {
  const deadline = performance.now() + patience
  while (isAlive(pid) && performance.now() < deadline) await delay(POLL)
  return !isAlive(pid)
}

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Whether a process with this id exists, whoever owns it. A zombie counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** Whether a process has ended and only waits to be collected. */
function isZombie(pid: number): boolean {
  return process.platform === 'linux' && linuxStat(pid)?.state === 'Z'
}

/** The ids of the processes that descend from `pid`, parents before their children, without `pid` itself. */
export function descendants(pid: number): number[] {
  const childrenOf = childrenByParent()
  const found: number[] = []
  const queue = [pid]
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    const next = childrenOf.get(parent) ?? []
    found.push(...next)
    queue.push(...next)
  }
  return found
}

/** The ids of the processes that `pid` itself started and that still run. */
export function children(pid: number): number[] {
  return childrenByParent().get(pid) ?? []
}

/** The id of the process that started `pid`, or adopted it; `undefined` when `pid` is gone. */
export function parentOf(pid: number): number | undefined {
  return processes().find(process => process.pid === pid)?.parent
}

/** The command line of a process, words separated by spaces; empty when it is gone. */
export function commandLine(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline'))
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' })
  } catch {
    return ''
  }
}

/** The children of each process. */
function childrenByParent(): Map<number, number[]> {
  const byParent = new Map<number, number[]>()
  for (const { pid, parent } of processes()) {
    const siblings = byParent.get(parent)
    if (siblings) siblings.push(pid)
    else byParent.set(parent, [pid])
  }
  return byParent
}

/** All processes, from /proc or from `ps`. */
function processes(): { pid: number; parent: number }[] {
  return process.platform === 'linux' ? linuxProcesses() : listedProcesses()
}

/** A bare Linux has no `ps`, but always has /proc. */
function linuxProcesses(): { pid: number; parent: number }[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      const stat = linuxStat(Number(name))
      return stat && stat.state !== 'Z' ? [{ pid: Number(name), parent: stat.parent }] : []
    })
}

function linuxStat(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may itself hold spaces and parentheses.
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}

function listedProcesses(): { pid: number; parent: number }[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  return lines.map(line => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number)
    return { pid: pid ?? 0, parent: parent ?? 0 }
  })
}

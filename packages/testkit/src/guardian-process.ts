/**
 * The program behind {@link Guardian}: runs servers for the process that started it and, once that process is
 * gone for whatever reason, stops the server and removes its temporary files.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, rmSync } from 'node:fs'
import type { GuardedCommand, GuardianOptions, Notice } from './guardian.js'
import { descendants } from './process-tree.js'

/** Milliseconds that an orphaned server gets to stop by itself. */
const GRACE = 5000

const { stopSignal, removeFolder }: GuardianOptions = JSON.parse(process.argv[2] ?? '{}')
let server: ChildProcess | undefined

process.on('message', (command: GuardedCommand) => {
  try {
    run(command)
  } catch (error) {
    notify({ kind: 'failed', message: String(error) })
  }
})
process.once('disconnect', shutDown)
// The owner decides when to stop: a Ctrl-C in its terminal must let it finish its work first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

/** Starts the program and tells the owner its process id, then how it ended. */
function run(command: GuardedCommand): void {
  const log = openSync(command.log, 'a', 0o600)
  const child = spawn(command.program, command.args, {
    ...command.account,
    cwd: command.folder,
    env: command.environment,
    stdio: ['ignore', log, log],
    detached: true,
  })
  server = child
  child.once('spawn', () => notify({ kind: 'started', pid: child.pid ?? 0 }))
  child.once('error', error => notify({ kind: 'failed', message: error.message }))
  child.once('exit', (code, signal) => {
    server = undefined
    notify({ kind: 'exited', code, signal })
  })
}

/** Tells the owner something; an owner that is gone does not hear it. */
function notify(notice: Notice): void {
  if (process.connected) process.send?.(notice)
}

/** Ends the program politely, then by force when it does not go. */
function shutDown(): void {
  if (!server?.pid) {
    finish()
    return
  }
  const { pid } = server
  server.once('exit', finish)
  // A server that a test had paused would not hear the other signal.
  for (const each of [pid, ...descendants(pid)]) send(each, 'SIGCONT')
  send(pid, stopSignal)
  setTimeout(() => {
    for (const each of [pid, ...descendants(pid)]) send(each, 'SIGKILL')
  }, GRACE)
}

/** Sends a signal; a process that is gone is what we want. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already, which is what was wanted.
  }
}

/** Leaves nothing that would keep this process. */
function finish(): void {
  if (removeFolder) rmSync(removeFolder, { recursive: true, force: true, maxRetries: 5 })
  process.exit()
}

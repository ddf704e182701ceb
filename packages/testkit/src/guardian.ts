import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ServerAccount } from './server-account.js'

/** How a guarded process is owned. */
export interface GuardianOptions {
  /** What asks the server to stop when the owner is gone. */
  readonly stopSignal: NodeJS.Signals
  /** A folder to remove when the owner is gone or closes the guardian. */
  readonly removeFolder?: string | undefined
}

/** A server to run. Its output is appended to the file `log`. */
export interface GuardedCommand {
  /** Path of the program. */
  readonly program: string
  readonly args: readonly string[]
  /** The folder it starts in. */
  readonly folder: string
  /** The file that takes what it prints. */
  readonly log: string
  readonly environment: Record<string, string>
  /** The user it runs as; absent: ours. */
  readonly account?: ServerAccount
}

/** How a process ended: by its own exit code, or by a signal. */
export interface ExitStatus {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What the guardian tells its owner. */
export type Notice =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'failed'; readonly message: string }
  | ({ readonly kind: 'exited' } & ExitStatus)

/** A running program whose guardian ends it when its owner is gone. */
export interface GuardedProcess {
  readonly pid: number
  /** Settles when the process has ended. */
  readonly exited: Promise<ExitStatus>
}

/**
 * A small process between us and a server. It sees the channel to us close however we end, `kill -9` included,
 * and then stops the server and removes its temporary files: a server never outlives its owner. It does not keep
 * its owner alive either.
 */
export class Guardian {
  readonly #child: ChildProcess

  constructor(options: GuardianOptions) {
    const program = fileURLToPath(new URL('./guardian-process.js', import.meta.url))
    this.#child = fork(program, [JSON.stringify(options), String(process.pid)], {
      // Detached, so that a Ctrl-C in the terminal reaches the owner alone, who then stops the server in order.
      detached: true,
      execArgv: [],
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child.setMaxListeners(0)
    this.#child.unref()
    this.#child.channel?.unref()
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Starts the command. Rejects when the program cannot be run at all. */
  async run(command: GuardedCommand): Promise<GuardedProcess> {
    const started = this.#notice(notice => notice.kind !== 'exited')
    this.#child.send(command)
    const notice = await this.keepingAlive(started)
    if (notice.kind !== 'started') throw new Error(`Cannot run ${command.program}: ${describe(notice)}`)
    return { pid: notice.pid, exited: this.#exit(notice.pid) }
  }

  /** Keeps this process alive until the promise settles, although the guardian itself does not. */
  async keepingAlive<T>(promise: Promise<T>): Promise<T> {
    const timer = setInterval(() => {}, 0x7fffffff)
    try {
      return await promise
    } finally {
      clearInterval(timer)
    }
  }

  /** Stops what still runs, removes the temporary folder and waits until both are done. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    await this.keepingAlive(exited)
  }

  async #exit(pid: number): Promise<ExitStatus> {
    const notice = await this.#notice(({ kind }) => kind === 'exited')
    if (notice.kind === 'exited') return { code: notice.code, signal: notice.signal }
    // The guardian itself was killed; without it nothing would stop the server when we end.
    killQuietly(pid)
    return { code: null, signal: 'SIGKILL' }
  }

  #notice(wanted: (notice: Notice) => boolean): Promise<Notice> {
    return new Promise(resolve => {
      const settle = (notice: Notice): void => {
        this.#child.off('message', onMessage)
        this.#child.off('exit', onGone)
        resolve(notice)
      }
      const onMessage = (notice: unknown): void => {
        if (wanted(notice as Notice)) settle(notice as Notice)
      }
      const onGone = (): void => settle({ kind: 'failed', message: 'its guardian was killed' })
      this.#child.on('message', onMessage)
      this.#child.on('exit', onGone)
      this.#child.channel?.unref()
    })
  }
}

/** A notice in words, for an error. */
function describe(notice: Notice): string {
  return notice.kind === 'failed' ? notice.message : notice.kind
}

/** Ends a process that may be gone already. */
function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/** What servers see of our environment: nothing that changes their language, time zone or settings. */
export function serverEnvironment(): Record<string, string> {
  const { PATH = '', SystemRoot } = process.env
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(SystemRoot === undefined ? {} : { SystemRoot }) }
}

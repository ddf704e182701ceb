import { type ChildProcess, spawn } from 'node:child_process'
import { descendants, isAlive } from '@holdfast/testkit'
import type { Account } from './account.js'

/** Where and as whom a command runs. */
export interface Surroundings {
  readonly folder: string
  /** Absent: the account of the tests. */
  readonly account?: Account | undefined
  /** All that the command sees besides `PATH`: nothing of the test run's own settings. */
  readonly env?: Readonly<Record<string, string>>
}

/** How a command ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** All that it printed, errors included. */
  readonly output: string
}

/** A command that was typed into a terminal: a process group of its own. */
export class Command {
  /** Settles when the command has ended and its output is complete. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  #output = ''
  #closed = false

  constructor(words: readonly string[], { folder, account, env }: Surroundings) {
    const [program = '', ...args] = words
    this.#child = spawn(program, args, {
      ...account,
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', text => {
        this.#output += text
      })
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        this.#closed = true
        resolve({ code, signal, output: this.#output })
      })
    })
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#output
  }

  /**
   * Waits until the command has printed what matches.
   *
   * @throws Error with its output when it ends without that
   */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    const { stdout } = this.#child
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.#output)
        if (!found) return
        stdout?.off('data', look)
        resolve(found)
      }
      stdout?.on('data', look)
      look()
      this.ended.then(({ output }) => reject(new Error(`It ended without ${pattern}:\n${output}`)), reject)
    })
  }

  /** The ids of the command's processes that run now, those in groups of their own included. */
  processes(): number[] {
    const pid = this.#child.pid ?? 0
    return [pid, ...descendants(pid)].filter(isAlive)
  }

  /** Sends what Ctrl-C sends: SIGINT to every process of the group. */
  interrupt(): Promise<Ending> {
    return this.#toGroup('SIGINT')
  }

  /** Sends SIGTERM to the process that was started, and to no other. */
  terminate(): Promise<Ending> {
    this.#child.kill('SIGTERM')
    return this.ended
  }

  /** Ends every process of the group without warning. */
  kill(): Promise<Ending> {
    return this.#toGroup('SIGKILL')
  }

  #toGroup(signal: NodeJS.Signals): Promise<Ending> {
    const { pid } = this.#child
    // Until the output is closed somebody of the group is there, be it without the command itself.
    if (pid !== undefined && !this.#closed) sendToGroup(pid, signal)
    return this.ended
  }
}

/** A group that has just gone is what a signal is for. */
function sendToGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Starts a command, given as its words, and leaves it running. */
export function launch(words: readonly string[], surroundings: Surroundings): Command {
  return new Command(words, surroundings)
}

/** Runs a line in a shell, as it stands, and waits for its end. */
export function runLine(line: string, surroundings: Surroundings): Promise<Ending> {
  return launch(['/bin/sh', '-c', line], surroundings).ended
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const BIN = join(dirname(fileURLToPath(import.meta.resolve('holdfast/package.json'))), 'bin/holdfast.js')

/** How a command ended, and what it printed. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs in a process of its own. */
export interface RunningCommand {
  /** Ends it at once, as a crash would. */
  kill(): void
  /** What Ctrl-C does. */
  interrupt(): void
  readonly ended: Promise<Ending>
}

type Environment = Readonly<Record<string, string>>

/** Starts `holdfast` with these words; nothing of the environment of the tests reaches it. */
export function startHoldfast(words: readonly string[], env: Environment = {}): RunningCommand {
  const child = spawn(process.execPath, [BIN, ...words], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => void child.kill('SIGKILL')
  onTestFinished(kill)
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...printed }))
  return { kill, interrupt: () => void child.kill('SIGINT'), ended }
}

/** Runs `holdfast` to its end. */
export async function holdfast(words: readonly string[], env: Environment = {}): Promise<Ending> {
  return startHoldfast(words, env).ended
}

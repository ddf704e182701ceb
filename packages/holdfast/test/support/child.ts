import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** A Node.js process of its own, for what only a whole process can show. */
export interface Child {
  readonly process: ChildProcess
  /** Resolves when the process has printed this. */
  printed(text: string): Promise<void>
  /** Everything it printed, and how it ended: `[code, signal]`. */
  readonly ended: Promise<{ output: string; exit: unknown[] }>
}

/** Runs a script with the packages of this one and `URL` in its environment; killed with the test at the latest. */
export function runScript(script: string, url: string): Child {
  return runProgram([process.execPath, '-e', script], { URL: url })
}

/** Runs a program with arguments and more in its environment; killed with the test at the latest. */
export function runProgram([program, ...args]: readonly string[], environment: NodeJS.ProcessEnv): Child {
  const child = spawn(program as string, args, {
    cwd: import.meta.dirname,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = once(child, 'close').then(exit => ({ output, exit }))
  return {
    process: child,
    ended,
    async printed(text) {
      while (!output.includes(text)) {
        const gone = await Promise.race([
          once(child.stdout, 'data').then(() => false),
          ended.then(() => true),
        ])
        if (gone && !output.includes(text)) throw new Error(`The script ended without "${text}":\n${output}`)
      }
    },
  }
}

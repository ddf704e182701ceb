import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Another process that owns servers, for tests of what happens when it ends. */
export interface Owner {
  readonly process: ChildProcess
  /** What the process printed first, parsed. */
  readonly said: Record<string, unknown>
}

/**
 * Runs the program, an ES module, in a process of its own and waits for one line of JSON from it.
 *
 * @throws Error with what it wrote to standard error when it ends without that line
 */
export async function runOwner(program: string, options: SpawnOptions = {}): Promise<Owner> {
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaint = ''
  owner.stderr?.on('data', chunk => {
    complaint += chunk
  })
  if (!owner.stdout) throw new Error('The process has no standard output')
  const closed = once(owner, 'close').then(() => {
    throw new Error(`The process ended early: ${complaint}`)
  })
  // It fails when the process ends later on as well, which nobody waits for any more.
  closed.catch(() => {})
  const [line] = await Promise.race([once(createInterface(owner.stdout), 'line'), closed])
  return { process: owner, said: JSON.parse(line) }
}

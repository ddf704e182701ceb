import { setTimeout as delay } from 'node:timers/promises'
import type { HistoryRecorder } from '../history/history-recorder.js'
import type { SeededRandom } from '../random.js'
import type { Subject } from './subject.js'
import { WorkloadReader } from './workload-reader.js'
import { WorkloadWriter } from './workload-writer.js'

/** What one process does; every field of `intensity` has a default. */
export interface WorkloadOptions {
  readonly subject: Subject
  readonly recorder: HistoryRecorder
  /** The same seed draws the same operations, as far as the database answers in the same order. */
  readonly random: SeededRandom
  /** Which of the processes this is, from 0. */
  readonly process: number
  readonly processes: number
  readonly intensity?: {
    /** Readers side by side. Default: 6. */
    readonly readers?: number
    /** Writers side by side. Default: 2. */
    readonly writers?: number
    /** Milliseconds a writer pauses at most between two writes. Default: 30. */
    readonly pause?: number
  }
  /** Told of reads that failed and of writes that could not even start. */
  readonly onError?: (error: unknown) => void
}

/** Milliseconds until the next attempt after a failed one: a server that is away must not make us spin. */
const AFTER_FAILURE = 20
/** Reads in a row between which other work gets a turn. */
const READS_IN_A_ROW = 50

/** Reads and writes until the signal says so; resolves when the last operation has ended. */
export async function runWorkload(options: WorkloadOptions, signal: AbortSignal): Promise<void> {
  const { readers = 6, writers = 2, pause = 30 } = options.intensity ?? {}
  // One row is brought into being or removed by one writer at a time: its versions then rise with its commits.
  const claims = new Set<string>()
  const running: Promise<void>[] = []
  for (let index = 0; index < readers; index += 1) {
    const reader = new WorkloadReader({ ...options, random: options.random.fork() })
    running.push(repeat(() => reader.read(), { options, signal, pause: () => undefined }))
  }
  for (let index = 0; index < writers; index += 1) {
    const random = options.random.fork()
    const writer = new WorkloadWriter({ ...options, random, claims })
    running.push(repeat(() => writer.write(), { options, signal, pause: () => random.int(0, pause) }))
  }
  await Promise.all(running)
}

/** Does something again and again; a failure is told, and followed by a pause. */
async function repeat(
  once: () => Promise<void>,
  given: { options: WorkloadOptions; signal: AbortSignal; pause: () => number | undefined },
): Promise<void> {
  const { options, signal, pause } = given
  for (let turn = 1; !signal.aborted; turn += 1) {
    try {
      await once()
      const rest = pause() ?? (turn % READS_IN_A_ROW === 0 ? 0 : undefined)
      if (rest !== undefined) await delay(rest)
    } catch (error) {
      options.onError?.(error)
      await delay(AFTER_FAILURE)
    }
  }
}

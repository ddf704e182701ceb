import { closeSync, openSync, writeSync } from 'node:fs'
import type { End, HistoryEvent, Read, Scope } from './events.js'
import { machineTime } from './machine-time.js'

/** Bytes after which a log goes on in another file. */
const LOG_SIZE = 32 * 1024 * 1024
/** Milliseconds between two marks. */
const MARK_EVERY = 50

/** What a write has done, told at its end. */
export type Ending = Pick<End, 'outcome'> & Partial<Pick<End, 'changes' | 'undone' | 'cascades' | 'error'>>

/** Where a recorder writes, and for whom. */
export interface RecorderOptions {
  /** The first file is this path with `.0` behind it. */
  readonly path: string
  readonly process: number
  /** Default: 32 MiB a file. */
  readonly logSize?: number
}

/**
 * Writes down what one process does, in files that survive its SIGKILL. The beginning and the end of a write are on
 * file before it goes on; reads follow within 50 ms.
 */
export class HistoryRecorder {
  readonly #options: RecorderOptions
  readonly #timer: NodeJS.Timeout
  #file: number
  #fileNumber = 0
  #fileSize = 0
  #writes = 0
  #lines = ''

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#file = openSync(`${options.path}.0`, 'a')
    this.#timer = setInterval(() => this.#mark(), MARK_EVERY)
  }

  /** Call it before the write is sent anywhere. Returns what {@link HistoryRecorder.end} wants to know. */
  begin(name: string, scope: Scope): string {
    const { path, process } = this.#options
    this.#writes += 1
    const write = `${path.slice(path.lastIndexOf('/') + 1)}#${this.#writes}`
    this.#now({ kind: 'begin', write, process, name, start: machineTime(), scope })
    return write
  }

  /** Call it as soon as the outcome is known. Of several changes of a register the latest version counts. */
  end(write: string, { changes = [], undone = [], ...ending }: Ending): void {
    const end = machineTime()
    const ordered = changes.toSorted((a, b) => a.version - b.version)
    const last = new Map(ordered.map(change => [change.register, change]))
    const replaced = changes.filter(change => last.get(change.register) !== change)
    const event: End = { ...ending, kind: 'end', write, end, changes: [...last.values()] }
    this.#now({ ...event, undone: [...undone, ...replaced] })
  }

  /** Call it as soon as the result is there. */
  read(read: Omit<Read, 'kind' | 'process' | 'end'>): void {
    const { process } = this.#options
    this.#lines += `${JSON.stringify({ kind: 'read', process, end: machineTime(), ...read })}\n`
  }

  /** Writes down what is left. */
  close(): void {
    clearInterval(this.#timer)
    this.#mark()
    closeSync(this.#file)
  }

  /** Reads first: the mark vouches for them. */
  #mark(): void {
    const mark: HistoryEvent = { kind: 'mark', time: machineTime() }
    const lines = `${this.#lines}${JSON.stringify(mark)}\n`
    this.#lines = ''
    this.#append(lines)
    if (this.#fileSize > (this.#options.logSize ?? LOG_SIZE)) this.#nextFile()
  }

  /** Synchronously: what has been written outlives a SIGKILL. */
  #now(event: HistoryEvent): void {
    this.#append(`${JSON.stringify(event)}\n`)
  }

  #append(lines: string): void {
    writeSync(this.#file, lines)
    this.#fileSize += lines.length
  }

  /** The reader finds the next file because the end of this one says that there is one. */
  #nextFile(): void {
    this.#fileNumber += 1
    this.#fileSize = 0
    const next = openSync(`${this.#options.path}.${this.#fileNumber}`, 'a')
    writeSync(this.#file, '"next"\n')
    closeSync(this.#file)
    this.#file = next
  }
}

import type { Change, Scope } from '../history/events.js'
import type { HistoryRecorder } from '../history/history-recorder.js'
import type { SeededRandom } from '../random.js'
import { alterItems, refill } from './bulk-writes.js'
import { ITEM_WRITES } from './item-writes.js'
import { OTHER_WRITES } from './other-writes.js'
import { type Executor, isAborted, rowsOf, type Statement, type Subject, wordsFor } from './subject.js'
import { ROWS } from './tables.js'
import { pickWeighted } from './weighted.js'
import { readInside } from './workload-reader.js'
import type { WriteContext, WriteStep } from './write-step.js'

/** Every kind of statement that may be alone or part of a transaction. */
const STEPS = [...ITEM_WRITES, ...OTHER_WRITES]

/** Why a transaction of ours is rolled back although nothing went wrong. */
class ChangedMind extends Error {
  readonly code = 'ROLLED_BACK'
  readonly retry = 'safe'
}

/** What a transaction has done so far. */
interface Progress {
  changes: Change[]
  /** Taken back to a savepoint. */
  undone: Change[]
  /** Everything was asked for: from here on only COMMIT can be the cause of an error. */
  isDone: boolean
}

/** What the writers of one process share. */
export interface WriterParts extends Omit<WriteContext, 'random'> {
  readonly subject: Subject
  readonly recorder: HistoryRecorder
  readonly random: SeededRandom
  /** Registers whose existence one of the writers is changing. */
  readonly claims: Set<string>
}

/** Writes at random and records what became of it. */
export class WorkloadWriter {
  readonly #parts: WriterParts
  /** The column that this writer added last. */
  #column: number | undefined

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /** One write: a statement, a transaction or something bigger. Resolves also when it failed. */
  async write(): Promise<void> {
    const { random, process } = this.#parts
    const kind = random.next()
    if (kind < 0.005 && process === 0) return this.#alter()
    if (kind < 0.02) return this.#inPoolTransaction('refill', refill(this.#parts))
    const steps = this.#steps(kind < 0.65 ? 1 : random.int(1, 3))
    const claims = steps.flatMap(({ claim }) => (claim === undefined ? [] : [claim]))
    if (new Set(claims).size < claims.length || claims.some(claim => this.#parts.claims.has(claim))) return
    for (const claim of claims) this.#parts.claims.add(claim)
    try {
      if (kind < 0.65) await this.#alone(steps[0] as WriteStep)
      else if (kind < 0.83) await this.#inPoolTransaction('pool.transaction', steps)
      else await this.#inSession(steps)
    } finally {
      for (const claim of claims) this.#parts.claims.delete(claim)
    }
  }

  /** Statements drawn at random. */
  #steps(count: number): WriteStep[] {
    return Array.from({ length: count }, () => pickWeighted(STEPS, this.#parts.random).make(this.#parts))
  }

  /** A statement that is a transaction of its own. */
  async #alone(step: WriteStep): Promise<void> {
    const { recorder, subject } = this.#parts
    const write = recorder.begin(step.name, step.scope)
    try {
      const changes = step.changes(rowsOf(await subject.query(plain(step))))
      await subject.written?.(changes)
      recorder.end(write, { outcome: 'committed', changes, cascades: step.cascades ?? [] })
    } catch (error) {
      recorder.end(write, { outcome: isAborted(error) ? 'aborted' : 'unknown', error: wordsFor(error) })
    }
  }

  /** Changes the definition of a table in a way that harms no query. */
  async #alter(): Promise<void> {
    const [row] = rowsOf(
      await this.#parts.subject.query({ text: `SELECT nextval('versions') AS version`, values: [] }),
    )
    const version = Number(row?.version)
    await this.#alone(alterItems(version, this.#column))
    this.#column = version
  }

  /** The pool's own transaction: it may be tried several times, and only the last try counts. */
  async #inPoolTransaction(kind: string, steps: readonly WriteStep[]): Promise<void> {
    const { recorder, subject, random } = this.#parts
    const changesItsMind = random.next() < 0.15
    const write = recorder.begin(nameOf(kind, steps), scopeOf(steps))
    const attempts: Progress[] = []
    try {
      await subject.transaction(async transaction => {
        const progress: Progress = { changes: [], undone: [], isDone: false }
        attempts.push(progress)
        for (const step of steps)
          progress.changes.push(...step.changes(rowsOf(await transaction.query(plain(step)))))
        if (changesItsMind) throw new ChangedMind('rolled back on purpose')
        progress.isDone = true
      })
      await this.#committed(write, { steps, attempts })
    } catch (error) {
      this.#failed(write, { error, attempts })
    }
  }

  /** BEGIN and COMMIT by hand on a connection of one's own. */
  async #inSession(steps: readonly WriteStep[]): Promise<void> {
    const { recorder, subject, random } = this.#parts
    const ending = random.next() < 0.15 ? 'ROLLBACK' : 'COMMIT'
    const session = await subject.connect()
    const write = recorder.begin(nameOf('client', steps), scopeOf(steps))
    const progress: Progress = { changes: [], undone: [], isDone: false }
    let isBroken = true
    try {
      await session.query({ text: 'BEGIN', values: [] })
      for (const step of steps) await this.#stepInside(session, { step, progress })
      progress.isDone = ending === 'COMMIT'
      await session.query({ text: ending, values: [] })
      isBroken = false
      if (ending === 'COMMIT') await this.#committed(write, { steps, attempts: [progress] })
      else recorder.end(write, { outcome: 'aborted', ...progress })
    } catch (error) {
      this.#failed(write, { error, attempts: [progress] })
    } finally {
      session.release(isBroken)
    }
  }

  /** A step, sometimes one that is taken back to a savepoint, and sometimes a look at what was written. */
  async #stepInside(
    session: Executor,
    { step, progress }: { step: WriteStep; progress: Progress },
  ): Promise<void> {
    const { random, recorder } = this.#parts
    const isTakenBack = step.cascades === undefined && random.next() < 0.2
    if (isTakenBack) await session.query({ text: 'SAVEPOINT here', values: [] })
    const changes = step.changes(rowsOf(await session.query(plain(step))))
    if (isTakenBack) {
      progress.undone.push(...changes)
      await session.query({ text: 'ROLLBACK TO SAVEPOINT here', values: [] })
    } else progress.changes.push(...changes)
    if (random.next() < 0.7) return
    const own = Object.fromEntries(progress.changes.map(change => [change.register, shown(change)]))
    await readInside(session, { recorder, id: random.int(1, ROWS.items), own })
  }

  /** What earlier tries wrote was rolled back. */
  async #committed(
    write: string,
    done: { steps: readonly WriteStep[]; attempts: Progress[] },
  ): Promise<void> {
    const { subject, recorder } = this.#parts
    const { steps, attempts } = done
    const { changes = [], undone = [] } = attempts.at(-1) ?? {}
    await subject.written?.([...changes, ...undone])
    const earlier = attempts.slice(0, -1).flatMap(attempt => attempt.changes)
    const cascades = steps.flatMap(step => step.cascades ?? [])
    recorder.end(write, { outcome: 'committed', changes, undone: [...undone, ...earlier], cascades })
  }

  /** Without a COMMIT on its way nothing was written, whatever the error. */
  #failed(write: string, { error, attempts }: { error: unknown; attempts: Progress[] }): void {
    const { recorder } = this.#parts
    const last = attempts.at(-1)
    const changes = last?.changes ?? []
    const undone = [...(last?.undone ?? []), ...attempts.slice(0, -1).flatMap(attempt => attempt.changes)]
    const outcome = last?.isDone && !isAborted(error) ? 'unknown' : 'aborted'
    recorder.end(write, { outcome, changes, undone, error: wordsFor(error) })
  }
}

/** The part of a step that goes to the database: its name is none of a prepared statement. */
function plain({ text, values }: WriteStep): Statement {
  return { text, values }
}

/** What a read of the changed row shows. */
function shown({ version, group }: Change): number | null {
  return group === null ? null : version
}

/** What a transaction is called in a story. */
function nameOf(kind: string, steps: readonly WriteStep[]): string {
  return `${kind}: ${steps.map(({ name }) => name).join(', ')}`
}

/** What a transaction of these steps may change. */
function scopeOf(steps: readonly WriteStep[]): Scope {
  return {
    registers: steps.flatMap(({ scope }) => scope.registers ?? []),
    tables: steps.flatMap(({ scope }) => scope.tables ?? []),
    cascades: steps.flatMap(({ scope }) => scope.cascades ?? []),
  }
}

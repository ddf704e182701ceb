import type { HistoryRecorder } from '../history/history-recorder.js'
import { machineTime } from '../history/machine-time.js'
import type { SeededRandom } from '../random.js'
import { READS, type ReadKind, sightOf } from './reads.js'
import type { Answer, Executor, Statement, Subject } from './subject.js'
import { pickWeighted } from './weighted.js'

/** Reads at random and records what it saw; a read that fails tells nothing. */
export class WorkloadReader {
  readonly #subject: Subject
  readonly #recorder: HistoryRecorder
  readonly #random: SeededRandom

  constructor(parts: { subject: Subject; recorder: HistoryRecorder; random: SeededRandom }) {
    this.#subject = parts.subject
    this.#recorder = parts.recorder
    this.#random = parts.random
  }

  /** One read. Rejects when the read failed. */
  async read(): Promise<void> {
    const kind = pickWeighted(READS, this.#random)
    const values = kind.values(this.#random)
    const statement = this.#phrase(kind, values)
    const start = machineTime()
    const answer = await this.#subject.read(statement, `${kind.name}:${JSON.stringify(values)}`)
    this.#record({ kind, values, start, answer })
  }

  /** Writes down what was seen, in terms of registers. */
  #record(done: { kind: ReadKind; values: unknown[]; start: number; answer: Answer }): void {
    const { kind, values, start, answer } = done
    const { cache } = answer
    const origin = cache === undefined ? {} : { origin: cache }
    this.#recorder.read({ query: kind.name, values, start, ...sightOf(kind, values, answer), ...origin })
  }

  /** The same question in the several ways in which it can be asked. */
  #phrase({ name, text }: ReadKind, values: unknown[]): Statement {
    const way = this.#random.int(0, 9)
    if (way === 0) return { text, values, rowMode: 'array' }
    return way === 1 ? { text, values, name: name.replaceAll(' ', '_') } : { text, values }
  }
}

/** Reads an item in a transaction that may have changed it: what it has not committed itself counts already. */
export async function readInside(
  executor: Executor,
  given: { recorder: HistoryRecorder; id: number; own: Readonly<Record<string, number | null>> },
): Promise<void> {
  const { recorder, id, own } = given
  const start = machineTime()
  const { rows } = await executor.query({ text: 'SELECT id, version FROM items WHERE id = $1', values: [id] })
  const [row] = rows as { version: unknown }[]
  const seen = { [`item:${id}`]: row === undefined ? null : Number(row.version) }
  recorder.read({ query: 'item inside a transaction', values: [id], start, seen, own })
}

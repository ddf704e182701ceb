import type { Execute, QueryFrame, QueryRequest } from '../base/execute.js'
import { noteTransaction } from '../base/transaction-id.js'

/** Asks for the id of the running transaction; it assigns none. */
const QUESTION = 'SELECT pg_current_xact_id_if_assigned()'

/**
 * Learns the id of a transaction before its COMMIT is sent, so that its outcome can be asked for when no answer comes.
 * The question travels behind statements with parameters, in the same flush, until it is answered; only a transaction
 * whose last statement came without parameters costs a round trip of its own.
 */
export class XidWatch {
  readonly #epoch: string
  #xid: string | undefined
  /** Whether a statement may have been given an id since the last answer. */
  #isOpen = false

  /** @param epoch of the server, in which the id counts */
  constructor(epoch: string) {
    this.#epoch = epoch
  }

  /** The request with the question behind it, where it can travel with it. */
  around(request: QueryRequest): QueryRequest {
    if (this.#xid !== undefined) return request
    if (!travelsExtended(request)) {
      this.#isOpen = true
      return request
    }
    return { ...request, frame: emptyFrame() }
  }

  /** The statement has succeeded: the answer to the question has come with it. */
  answered({ frame }: QueryRequest): void {
    const [answer] = frame?.answers.at(-1) ?? []
    if (answer === undefined) return
    this.#isOpen = false
    this.#xid = answer[0] ?? undefined
  }

  /** Asks before the COMMIT what could not be asked on the way. */
  async ask(commit: QueryRequest, send: Execute): Promise<void> {
    if (this.#xid !== undefined || !this.#isOpen) return
    const frame = emptyFrame()
    const question = send({ ...commit, config: '', frame, rolledBackIfLost: true })
    // In a failed transaction the server answers nothing, and turns the COMMIT into a rollback.
    await question.catch(error => {
      if ((error as { code?: string }).code !== '25P02') throw error
    })
    this.answered({ ...commit, frame })
  }

  /** Writes the transaction down on an error that leaves its outcome open. */
  note(error: unknown): void {
    if (this.#xid !== undefined) noteTransaction(error, { xid: this.#xid, epoch: this.#epoch })
  }
}

/** With parameters it certainly is a single statement, for which pg uses the protocol that the question needs. */
function travelsExtended({ config, values, frame }: QueryRequest): boolean {
  if (typeof config === 'string') return (values?.length ?? 0) > 0
  const { rows, binary } = config as { rows?: number; binary?: boolean }
  if (frame !== undefined || rows !== undefined || binary) return false
  return ((values ?? config.values)?.length ?? 0) > 0
}

function emptyFrame(): QueryFrame {
  return { before: [], after: [QUESTION], hiddenColumns: 0, hidesRows: false, hidden: [], answers: [] }
}

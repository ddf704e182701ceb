import type { Execute, QueryRequest, Result } from '../base/execute.js'
import type { StatementGuard, Submission } from '../base/statement-guard.js'

/** Who is told what statements do to the cluster. */
export interface StatementObserver {
  /** A statement that may have written was answered, or its answer is lost. */
  wrote(): void
  /** Something has begun that writes when it likes. @returns to be called when it has ended */
  begun(): () => void
  /** A statement failed; the caller hears of it when this resolves. */
  failed(error: unknown): Promise<void>
}

/** Sees every statement of borrowers and transactions on the primary, before another guard if there is one. */
export class ClusterGuard implements StatementGuard {
  readonly #observer: StatementObserver
  readonly #inner: StatementGuard | undefined

  constructor(observer: StatementObserver, inner: StatementGuard | undefined) {
    this.#observer = observer
    this.#inner = inner
  }

  async run(request: QueryRequest, send: Execute): Promise<Result> {
    try {
      return await (this.#inner === undefined ? send(request) : this.#inner.run(request, send))
    } catch (error) {
      await this.#observer.failed(error)
      throw error
    } finally {
      if (!request.readOnly) this.#observer.wrote()
    }
  }

  submit(text: string | undefined, submission: Submission): void {
    const ended = this.#observer.begun()
    const start = () => {
      submission.start()
      void submission.whenEnded().finally(ended)
    }
    if (this.#inner === undefined) start()
    else this.#inner.submit(text, { ...submission, start })
  }

  ended(how: 'rolled-back' | 'lost'): void {
    this.#inner?.ended(how)
  }
}

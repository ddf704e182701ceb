import type { QueryResult } from 'pg'
import type { Clock } from '../base/clock.js'
import { within } from '../base/deadline.js'
import type { Execute, QueryRequest, Result } from '../base/execute.js'
import type { GuardedConnection, StatementGuard, Submission } from '../base/statement-guard.js'
import { noteTransaction } from '../base/transaction-id.js'
import type { BatchPlan, ControlPlan, OpaquePlan, TableInfo, TextPlan, WritePlan } from '../sql/plan.js'
import { isOfAttribution, textOf, unattributed } from './attributed.js'
import { type Counting, readCounts, type TransactionCounts } from './change-counts.js'
import type { Ask } from './definitions.js'
import {
  asText,
  carefully,
  commandOf,
  framed,
  isUndecided,
  newFrame,
  noteWrite,
  OWN_PING,
  ownStatement,
  plainCommit,
  plainly,
  sessionAfter,
} from './guard-statements.js'
import type { Marking, MarkRequest } from './marker.js'
import { wholeTag } from './tag-names.js'
import { Turns } from './turns.js'
import { WriteLedger } from './write-ledger.js'

/** What the guards of all connections share. */
export interface GuardContext {
  readonly clock: Clock
  /** The session in which definitions were looked at; `undefined` before the first look. */
  readonly session: string | undefined
  /** Whether definitions are known and hold. */
  readonly known: boolean
  /** Resolves when they are known; rejects when the database cannot be asked through the guard's connection. */
  ready(ask: Ask): Promise<void>
  /** By what was known last. `undefined`: a prepared statement called by its name alone. */
  planOf(text: string | undefined): TextPlan
  /** Every opted-in table. */
  readonly tables: readonly TableInfo[]
  readonly counting: Counting
  mark(request: Omit<MarkRequest, 'tables'>): Promise<Marking>
  /** Definitions have changed and are visible: looks at them through the guard's connection, or leaves it to others. */
  definitionsChanged(ask: Ask | undefined): Promise<void>
  /** Transactions prepared before may have been ended by somebody: their marks can be looked at. */
  resolveKept(): void
}

/**
 * Follows the transactions of one connection and marks what they change before they commit. Statements take turns,
 * as they do in the driver.
 */
export class WriteGuard implements StatementGuard {
  readonly #context: GuardContext
  readonly #connection: GuardedConnection
  #ledger = new WriteLedger()
  /** Marks set before something that may commit by itself; released when the last transaction has ended. */
  #early: Marking[] = []
  readonly #turns: Turns
  /** A rollback that its caller no longer waits for: whoever comes next does. */
  #rollingBack: Promise<void> | undefined

  constructor(context: GuardContext, connection: GuardedConnection) {
    this.#context = context
    this.#connection = connection
    this.#turns = new Turns(context.clock)
  }

  async run(request: QueryRequest, send: Execute): Promise<Result> {
    const turn = this.#turns.take()
    try {
      await this.#turns.wait(turn, request)
      return await this.#run(request, send)
    } finally {
      turn.leave(this.#rollingBack)
    }
  }

  submit(text: string | undefined, submission: Submission): void {
    this.#inTurn(() => this.#submitted(text, submission))
  }

  ended(how: 'rolled-back' | 'lost'): void {
    this.#inTurn(async () => (how === 'lost' ? this.#keepEarly() : this.#releaseEarly()))
  }

  #inTurn(work: () => Promise<void>): void {
    const turn = this.#turns.take()
    void Promise.resolve(turn.before)
      .then(work)
      .catch(() => undefined)
      .then(() => turn.leave())
  }

  async #run(request: QueryRequest, send: Execute): Promise<Result> {
    // In a failed transaction the server takes nothing but its end.
    if (!this.#context.known && this.#connection.transactionStatus() === 'E') return send(request)
    const plan = await this.#planOf(textOf(request), send, request)
    if (this.#connection.transactionStatus() === 'I') await this.#startAfresh()
    this.#noteSession(plan, request)
    switch (plan.kind) {
      case 'read':
        // Proven to change nothing, so a lost answer is no lost write.
        return send(request.readOnly ? request : { ...request, readOnly: true })
      case 'session':
        return send(request)
      case 'control':
        return this.#control(plan, request, send)
      case 'write': {
        const write = this.#isOurs(request) ? plan : unattributed(plan)
        return this.#inTransaction
          ? this.#write(write, request, send)
          : this.#writeAlone(write, request, send)
      }
      case 'batch':
        return this.#batch(plan, request, send)
      case 'opaque':
        return this.#opaque(plan, request, send)
    }
  }

  /** What a text does. Waiting for another connection to look at definitions could be waiting for ourselves. */
  async #planOf(text: string | undefined, send: Execute, limits = OWN_PING): Promise<TextPlan> {
    if (this.#context.known) return this.#context.planOf(text)
    // Under an identity definitions look different.
    const ask = this.#inTransaction && limits.identity ? undefined : await this.#asking(send, limits)
    if (ask === undefined) return carefully(this.#context.planOf(text))
    await this.#context.ready(ask)
    return this.#context.planOf(text)
  }

  /** Through this connection, unless it may see definitions that others do not, or old ones. */
  async #asking(send: Execute, limits = OWN_PING): Promise<Ask | undefined> {
    const { session = this.#connection.session } = this.#context
    if (session !== this.#connection.session || this.#ledger.definitions) return undefined
    const ask: Ask = async (text, values = []) => {
      const { rows } = (await send(ownStatement(limits, plainly(text, values)))) as QueryResult
      return { rows, session: this.#connection.session }
    }
    if (!this.#inTransaction) return ask
    const { rows } = await ask("SELECT current_setting('transaction_isolation') AS level")
    return rows[0]?.level === 'read committed' ? ask : undefined
  }

  /** Names mean what the definitions say, and what may be returned is what they were looked at with the right to. */
  #isOurs({ identity }: QueryRequest): boolean {
    return identity === undefined && this.#connection.session === this.#context.session
  }

  #noteSession(plan: TextPlan, request: QueryRequest): void {
    if (!('changesSession' in plan) || !plan.changesSession) return
    this.#connection.session = sessionAfter(this.#connection.session, request)
  }

  get #inTransaction(): boolean {
    return this.#connection.transactionStatus() !== 'I'
  }

  /** No transaction is open: what an earlier one wrote down is over, however it ended. */
  async #startAfresh(): Promise<void> {
    if (this.#ledger.dirty) this.#ledger = new WriteLedger()
    await this.#releaseEarly()
  }

  async #releaseEarly(): Promise<void> {
    for (const marking of this.#early.splice(0)) await marking.release()
  }

  /** Nobody knows how the transaction ended. */
  #keepEarly(): void {
    for (const marking of this.#early.splice(0)) marking.keep()
  }

  #control(plan: ControlPlan, request: QueryRequest, send: Execute): Promise<Result> {
    switch (plan.action) {
      case 'commit':
      case 'prepare':
        return this.#commit(request, send)
      case 'commit-prepared':
      case 'rollback-prepared':
        return send(request).finally(() => this.#context.resolveKept())
      default:
        return this.#thenSettleEarly(request, send(request))
    }
  }

  /** A statement inside a transaction: what it changes is written down, and marked when the transaction commits. */
  async #write(plan: WritePlan, request: QueryRequest, send: Execute): Promise<Result> {
    const ledger = this.#ledger
    const needsBaseline = ledger.baseline === undefined
    const frame = newFrame(plan, needsBaseline ? [this.#context.counting.statement] : [], [])
    ledger.dirty = true
    const result = await send(framed(request, plan, frame)).catch(async error => {
      if (isOfAttribution(error, plan, request)) await this.#context.definitionsChanged(undefined)
      throw error
    })
    if (needsBaseline) ledger.baseline = readCounts(frame.answers[0] ?? []).counts
    noteWrite(ledger, plan, frame)
    return result
  }

  /** A statement that is a transaction of its own: begun, counted, marked and committed by us. */
  async #writeAlone(plan: WritePlan, request: QueryRequest, send: Execute): Promise<Result> {
    const { statement, before } = this.#context.counting
    const ledger = new WriteLedger()
    const begin = request.identity === undefined ? ['BEGIN'] : ['BEGIN', request.identity.statement]
    const frame = newFrame(plan, [...begin, statement], [...before, statement])
    let result: Result
    try {
      result = await send({ ...framed(request, plan, frame), rolledBackIfLost: true })
    } catch (error) {
      await this.#rollBack(request, send)
      if (!isOfAttribution(error, plan, request)) throw error
      return this.#writeAnyway(plan, request, send)
    }
    ledger.baseline = readCounts(frame.answers[begin.length] ?? []).counts
    noteWrite(ledger, plan, frame)
    await this.#commitOwn(ledger, readCounts(frame.answers.at(-1) ?? []), { request, send })
    return result
  }

  /** Without what was added to it the statement may succeed: then definitions are not what we took them for. */
  async #writeAnyway(plan: WritePlan, request: QueryRequest, send: Execute): Promise<Result> {
    const result = await this.#writeAlone(unattributed(plan), request, send)
    await this.#relearn(send)
    return result
  }

  /** Commits a transaction that nobody else knows of: it is never left open. */
  async #commitOwn(
    ledger: WriteLedger,
    counts: TransactionCounts,
    { request, send }: { request: QueryRequest; send: Execute },
  ): Promise<void> {
    try {
      await this.#commitCounted(ledger, counts, { request: plainCommit(request), send })
    } catch (error) {
      if (this.#connection.transactionStatus() === 'T') await this.#rollBack(request, send)
      throw error
    }
  }

  async #batch(plan: BatchPlan, request: QueryRequest, send: Execute): Promise<Result> {
    if (!plan.mayWrite) return send(request)
    if (this.#inTransaction) return this.#batchInTransaction(plan, request, send)
    await send({ ...request, config: 'BEGIN', values: undefined, rolledBackIfLost: true })
    let result: Result
    try {
      result = await this.#batchInTransaction(plan, { ...request, rolledBackIfLost: true }, send)
      await this.#commit(plainCommit(request), send)
    } catch (error) {
      await this.#rollBack(request, send)
      throw error
    }
    return result
  }

  async #batchInTransaction(plan: BatchPlan, request: QueryRequest, send: Execute): Promise<Result> {
    const ledger = this.#ledger
    ledger.baseline ??= (await this.#count(request, send)).counts
    ledger.noteWhole(plan.targets)
    ledger.definitions ||= plan.changesDefinitions
    return send(request)
  }

  /** What may commit by itself: everything is marked before, and released when it is over. */
  async #opaque(plan: OpaquePlan, request: QueryRequest, send: Execute): Promise<Result> {
    if (this.#inTransaction) this.#noteEverything(plan.changesDefinitions)
    if (this.#inTransaction && !plan.markAtOnce) return send(request)
    this.#early.push(await this.#markEverything(send))
    const definitions = plan.changesDefinitions
    return this.#thenSettleEarly(request, send(request), () => this.#unseen({ definitions, send }))
  }

  /** Something may have begun, ended or written without being seen. */
  async #unseen({ definitions, send }: { definitions: boolean; send: Execute }): Promise<void> {
    if (this.#inTransaction) this.#noteEverything(definitions)
    else if (definitions || this.#ledger.definitions) await this.#relearn(send)
  }

  #noteEverything(definitions: boolean): void {
    const targets = this.#context.tables.map(table => ({ table, operation: 'alter' as const }))
    this.#ledger.noteWhole(targets)
    this.#ledger.definitions ||= definitions
  }

  async #markEverything(send: Execute): Promise<Marking> {
    const names = this.#context.tables.map(wholeTag)
    return this.#context.mark({ names, transaction: `b${await this.#backend(send)}` })
  }

  /** The server's process for this connection; 0 when a pooler in between says another one, or nobody answers. */
  async #backend(send: Execute): Promise<number> {
    if (this.#connection.transactionStatus() === 'E') return 0
    const question = { ...OWN_PING, config: asText('SELECT pg_backend_pid()') }
    const answer = (await send(question).catch(() => undefined)) as QueryResult | undefined
    const [pid] = (answer?.rows[0] ?? []) as string[]
    return Number(pid) === this.#connection.processID ? Number(pid) : 0
  }

  /** COMMIT and PREPARE TRANSACTION: asks the server what was changed, marks, then lets it happen. */
  async #commit(request: QueryRequest, send: Execute): Promise<Result> {
    const ledger = this.#ledger
    this.#ledger = new WriteLedger()
    // In a failed transaction the server answers a COMMIT with ROLLBACK, and nothing else.
    const counted = ledger.dirty && this.#connection.transactionStatus() === 'T'
    if (!counted) return this.#thenSettleEarly(request, send(request))
    try {
      const counts = await this.#countAtEnd(request, send)
      return await this.#thenSettleEarly(request, this.#commitCounted(ledger, counts, { request, send }))
    } catch (error) {
      // It was never sent: the transaction goes on.
      if (this.#connection.transactionStatus() === 'T' && this.#rollingBack === undefined)
        this.#ledger = ledger
      throw error
    }
  }

  /** Releases the early marks if no transaction is open after a statement, unless nobody knows how it ended. */
  async #thenSettleEarly(
    request: QueryRequest,
    answer: Promise<Result>,
    first: () => Promise<void> = async () => undefined,
  ): Promise<Result> {
    try {
      return await answer
    } catch (error) {
      if (isUndecided(error, request)) this.#keepEarly()
      throw error
    } finally {
      await first()
      if (!this.#inTransaction) await this.#releaseEarly()
    }
  }

  async #commitCounted(
    ledger: WriteLedger,
    { xid, counts, trusted }: TransactionCounts,
    { request, send }: { request: QueryRequest; send: Execute },
  ): Promise<Result> {
    ledger.uncounted = !trusted
    ledger.definitions ||= ledger.changedDefinitions(counts)
    const names = ledger.tags(this.#context.tables, counts)
    if (xid === undefined || names.length === 0) {
      return this.#commitUnmarked(ledger, { request, send }).catch(error => {
        this.#noteTransaction(error, xid)
        throw error
      })
    }
    const marking = await this.#markOrRollBack({ names, transaction: xid }, { request, send })
    try {
      const result = await send(request)
      // What was prepared is not visible before somebody commits it.
      if (commandOf(result) === 'PREPARE') marking.keep()
      else {
        if (ledger.definitions) await this.#relearn(send)
        await marking.release()
      }
      return result
    } catch (error) {
      this.#noteTransaction(error, xid)
      if (isUndecided(error, request)) marking.keep()
      else await marking.release()
      throw error
    }
  }

  /** So that the application can find out how it ended. */
  #noteTransaction(error: unknown, xid: string | undefined): void {
    const { epoch } = this.#connection
    if (xid !== undefined && epoch !== undefined) noteTransaction(error, { xid, epoch })
  }

  async #commitUnmarked(
    ledger: WriteLedger,
    { request, send }: { request: QueryRequest; send: Execute },
  ): Promise<Result> {
    const result = await send(request)
    if (ledger.definitions) await this.#relearn(send)
    return result
  }

  async #markOrRollBack(
    mark: Omit<MarkRequest, 'tables'>,
    { request, send }: { request: QueryRequest; send: Execute },
  ): Promise<Marking> {
    try {
      return await this.#context.mark(mark)
    } catch (error) {
      await this.#rollBack(request, send)
      throw error
    }
  }

  /**
   * Ends the transaction; the caller does not wait for that longer than it has time. A connection on which even this
   * fails is closed when it is given back.
   */
  async #rollBack(request: QueryRequest, send: Execute): Promise<void> {
    this.#ledger = new WriteLedger()
    const end = () => {
      this.#rollingBack = undefined
    }
    this.#rollingBack = send({ ...OWN_PING, config: 'ROLLBACK' }).then(end, end)
    const error = () => new Error('no time left')
    await within(this.#rollingBack, request, { clock: this.#context.clock, error }).catch(() => undefined)
  }

  /** What a trigger refuses now, it would have refused at the COMMIT, which then ends the transaction too. */
  async #countAtEnd(request: QueryRequest, send: Execute): Promise<TransactionCounts> {
    try {
      for (const text of this.#context.counting.before) await send(ownStatement(request, text))
      return await this.#count(request, send)
    } catch (error) {
      if (this.#connection.transactionStatus() !== 'T') await this.#rollBack(request, send)
      throw error
    }
  }

  async #count(request: QueryRequest, send: Execute): Promise<TransactionCounts> {
    const result = await send(ownStatement(request, asText(this.#context.counting.statement)))
    return readCounts((result as { rows: (string | null)[][] }).rows)
  }

  async #submitted(text: string | undefined, { start, whenEnded, send }: Submission): Promise<void> {
    const watched = await this.#beforeSubmission(text, send)
    start()
    if (watched === undefined) return
    if (!(await whenEnded())) return this.#keepEarly()
    await this.#unseen({ ...watched, send })
    if (!this.#inTransaction) await this.#releaseEarly()
  }

  /** What this fails to learn is learned with the next statement. */
  async #relearn(send: Execute): Promise<void> {
    this.#ledger = new WriteLedger()
    await this.#context.definitionsChanged(await this.#asking(send)).catch(() => undefined)
  }

  /**
   * Marks everything before something that may commit by itself; its text tells too little.
   *
   * @returns `undefined` when it cannot
   */
  async #beforeSubmission(
    text: string | undefined,
    send: Execute,
  ): Promise<{ definitions: boolean } | undefined> {
    const plan = await this.#planOf(text, send)
    this.#noteSession(plan, { ...OWN_PING, config: text ?? '' })
    if (plan.kind === 'read' || plan.kind === 'session') return undefined
    const definitions = 'changesDefinitions' in plan && plan.changesDefinitions
    const visible = plan.kind === 'control' || (plan.kind === 'opaque' && plan.markAtOnce)
    if (this.#inTransaction) this.#noteEverything(definitions)
    if (this.#inTransaction && !visible) return undefined
    this.#early.push(await this.#markEverything(send))
    return { definitions }
  }
}

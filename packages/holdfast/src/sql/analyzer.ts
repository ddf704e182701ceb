import type { Catalog } from './catalog.js'
import { opaquePlan, sessionPlan, writePlan } from './make-plan.js'
import { parse } from './parse.js'
import { isParserReady } from './parser.js'
import type { BatchPlan, OpaquePlan, TextPlan, WritePlan } from './plan.js'
import { statementPlan } from './statement-plan.js'

/** Plans kept by text: the newest ones. */
const MOST_PLANS = 2_000
/** The longest text whose plan is kept, in UTF-16 units: longer ones are made of data and do not come again. */
const LONGEST_KEPT = 50_000
/** All kept texts together, in UTF-16 units. */
const MOST_TEXT = 8_000_000

/** Says what texts of SQL do to the database of one catalog. `loadParser()` must have been awaited before. */
export class Analyzer {
  readonly #catalog: Catalog
  /** In the order of their last use. */
  readonly #plans = new Map<string, TextPlan>()
  #textKept = 0

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** What a text does. Never throws for what the text is: what is not understood is taken for a write. */
  analyze(text: string): TextPlan {
    const kept = this.#plans.get(text)
    if (kept !== undefined) {
      this.#keep(text, kept)
      return kept
    }
    const wasReady = isParserReady()
    const plan = this.#plan(text)
    const crashed = wasReady && !isParserReady()
    if (crashed || (wasReady && text.length <= LONGEST_KEPT)) this.#keep(text, plan)
    return plan
  }

  #keep(text: string, plan: TextPlan): void {
    if (this.#plans.delete(text)) this.#textKept -= text.length
    this.#plans.set(text, plan)
    this.#textKept += text.length
    for (const oldest of this.#plans.keys()) {
      if (this.#plans.size <= MOST_PLANS && this.#textKept <= MOST_TEXT) return
      this.#plans.delete(oldest)
      this.#textKept -= oldest.length
    }
  }

  #plan(text: string): TextPlan {
    // The server would read a backslash in a string differently than the parser does.
    const misread = this.#catalog.server.settings.standard_conforming_strings === 'off' && text.includes('\\')
    try {
      return misread ? unreadable(text) : textPlan(text, this.#catalog)
    } catch (error) {
      // Nested so deeply that the stack does not reach.
      if (error instanceof RangeError) return unreadable(text)
      throw error
    }
  }
}

function textPlan(text: string, catalog: Catalog): TextPlan {
  const { statements } = parse(text)
  if (statements === undefined) return unreadable(text)
  const plans = statements.map(statement => statementPlan(text, statement, catalog))
  const [only] = plans
  if (only === undefined) return sessionPlan(false)
  return plans.length === 1 ? only : batchPlan(plans)
}

/** A word at the beginning, after comments and the like, that says what must not be wrapped in a transaction. */
const CONTROLS = /^\W*(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare|call|do)\b/i
/** A semicolon that something follows. */
const SEVERAL = /;\s*\S/

/**
 * A text that the server may understand though the parser does not: one statement is a write, anything else could
 * commit in its midst.
 */
function unreadable(text: string): WritePlan | OpaquePlan {
  if (!SEVERAL.test(text) && !CONTROLS.test(text) && !text.includes('/*')) return writePlan()
  const detail = 'It cannot be parsed, and may be several statements'
  return opaquePlan(detail, { changesDefinitions: false, changesSession: true })
}

/** Several statements in one text run in one transaction, unless one of them says otherwise. */
function batchPlan(plans: readonly TextPlan[]): BatchPlan | OpaquePlan {
  const changesDefinitions = plans.some(plan => 'changesDefinitions' in plan && plan.changesDefinitions)
  const changesSession = plans.some(plan => 'changesSession' in plan && plan.changesSession)
  if (plans.some(plan => plan.kind === 'control' || plan.kind === 'opaque')) {
    const detail = 'One of its statements controls transactions or may do anything'
    const markAtOnce = plans.some(
      plan => plan.kind === 'control' || (plan.kind === 'opaque' && plan.markAtOnce),
    )
    return opaquePlan(detail, { markAtOnce, changesDefinitions, changesSession })
  }
  return Object.freeze({
    kind: 'batch',
    mayWrite: plans.some(plan => plan.kind === 'write'),
    targets: Object.freeze(plans.flatMap(plan => (plan.kind === 'write' ? plan.targets : []))),
    changesDefinitions,
    changesSession,
  })
}

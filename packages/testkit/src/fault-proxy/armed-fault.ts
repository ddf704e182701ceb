import { type FaultRule, matches } from './fault-rule.js'
import type { Message } from './message.js'

/** A rule at work in a proxy. */
export interface Fault {
  readonly rule: FaultRule
  /** Resolves when it strikes for the first time. */
  readonly struck: Promise<void>
  /** How often it has struck. */
  readonly strikes: number
  /** It strikes no more, and what it holds back goes on. What it has cut stays cut. */
  lift(): void
}

/** Counts the messages that a rule is about, and says at which it strikes. */
export class ArmedFault implements Fault {
  readonly rule: FaultRule
  readonly struck: Promise<void>
  #seen = 0
  #strikes = 0
  #isLifted = false
  #strike: () => void = () => undefined
  readonly #undo: (() => void)[] = []

  constructor(rule: FaultRule) {
    this.rule = rule
    this.struck = new Promise(resolve => {
      this.#strike = resolve
    })
  }

  /** How often it has struck. */
  get strikes(): number {
    return this.#strikes
  }

  /** Whether it strikes at this message. */
  strikesAt(message: Message): boolean {
    const { when, times = 1 } = this.rule
    if (this.#isLifted || this.#strikes >= times || !matches(when, message)) return false
    this.#seen++
    if (this.#seen < (when.nth ?? 1)) return false
    this.#strikes++
    // What awaits it sees the fault in force.
    setImmediate(this.#strike)
    return true
  }

  /** What to do when it is lifted. */
  onLift(undo: () => void): void {
    this.#undo.push(undo)
  }

  /** Undoes what its strikes have left in force. */
  lift(): void {
    this.#isLifted = true
    for (const undo of this.#undo.splice(0)) undo()
  }
}

import type { Catalog } from './catalog.js'
import type { Constraints } from './constraints.js'
import type { Findings } from './findings.js'
import { shapeOf } from './node-shapes.js'
import { type Tagged, untag } from './parse.js'
import type { Scope } from './scope.js'

/** Names of WITH queries that a place can see. */
export interface WithNames {
  readonly names: ReadonlySet<string>
  readonly outer: WithNames | undefined
}

/** Where the walk is. */
export interface Place {
  readonly catalog: Catalog
  readonly findings: Findings
  /** The equalities of the whole statement. */
  readonly constraints: Constraints
  readonly withNames: WithNames | undefined
  /** What the query around this expression has in FROM; `undefined` where that is not known. */
  readonly scope: Scope | undefined
  /** How many views it is in. */
  readonly depth: number
  /** Present inside of a policy: what depends on role and claims is allowed there, and functions are followed with it. */
  readonly policyWalk?: Walk | undefined
}

/** What to do at a type of node; it decides itself what of the node is walked further. */
export type Handler = (body: Tagged, place: Place, walk: Walk) => void

/** Walks a parse tree. What it does not know, types of nodes or fields of them, makes the query not understood. */
export class Walk {
  readonly #handlers: Readonly<Record<string, Handler>>

  constructor(handlers: Readonly<Record<string, Handler>>) {
    this.#handlers = handlers
  }

  /** Walks a node, or each of a list. */
  visit(node: unknown, place: Place): void {
    if (Array.isArray(node)) {
      for (const each of node) this.visit(each, place)
      return
    }
    const found = untag(node)
    if (found !== undefined) this.enter(found[0], found[1], place)
  }

  /** Walks a node given by its type and fields. */
  enter(tag: string, body: Tagged, place: Place): void {
    const handler = Object.hasOwn(this.#handlers, tag) ? this.#handlers[tag] : undefined
    if (handler === undefined) this.fields(tag, body, place)
    else handler(body, place, this)
  }

  /** Walks the fields of a node, except for some. */
  fields(tag: string, body: Tagged, { except = [], ...place }: Place & { except?: readonly string[] }): void {
    const shape = shapeOf(tag)
    if (shape === undefined) return notUnderstood(place, tag)
    for (const [name, value] of Object.entries(body)) {
      if (typeof value !== 'object' || value === null || except.includes(name)) continue
      const field = shape.get(name)
      if (field === undefined) notUnderstood(place, `${tag}.${name}`)
      else if (field.skip) continue
      else if (field.bare === undefined) this.visit(value, place)
      else this.enter(field.bare, value as Tagged, place)
    }
  }
}

function notUnderstood({ findings }: Place, what: string): void {
  findings.refuse('not-understood', `The analysis does not know what ${what} is`)
}

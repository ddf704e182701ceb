import type { Catalog } from './catalog.js'
import type { Statement, Tagged } from './parse.js'
import type { TextPlan } from './plan.js'

/** What a statement is planned with. */
export interface Planned {
  /** The text that the statement stands in, possibly not alone. */
  readonly text: string
  readonly statement: Statement
  readonly catalog: Catalog
  /** Plans a statement within this one, as of EXPLAIN; its text cannot be completed. */
  readonly plan: (tag: string, body: Tagged) => TextPlan
}

/** Plans a statement of one type. */
export type Planner = (body: Tagged, planned: Planned) => TextPlan

/** The options of a statement, `(analyze, buffers off)`: the last of each name counts, without a value it is on. */
export function isOptionOn(options: unknown, name: string): boolean {
  let on = false
  for (const node of Array.isArray(options) ? options : []) {
    const { DefElem: option } = node as { DefElem?: { defname?: string; arg?: Tagged } }
    if (option?.defname === name) on = isOn(option.arg)
  }
  return on
}

function isOn(value: Tagged | undefined): boolean {
  if (value === undefined) return true
  const word = /"(?:sval|fval)":"([^"]*)"/.exec(JSON.stringify(value))?.[1]?.toLowerCase()
  if (word !== undefined) return !['off', 'false', '0'].includes(word)
  return JSON.stringify(value) !== '{"Integer":{}}' && JSON.stringify(value) !== '{"Boolean":{}}'
}

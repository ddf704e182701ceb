import type { FunctionFacts } from './catalog-facts.js'
import { builtinRisk } from './function-risk.js'
import { bodyOf, namesOf, type Tagged } from './parse.js'
import { followFunction } from './policies.js'
import type { Place } from './walk.js'

/** Judges an operator by its name. */
export function callOperator(name: string, { catalog, findings }: Place): void {
  if (!catalog.isVolatileOperator(name)) return
  findings.mayWrite = true
  findings.refuse('not-immutable-function', `The operator ${name} calls a function that is not immutable`)
}

/** Judges a call by the worst of all functions that it could mean. */
export function callFunction(body: Tagged, place: Place): void {
  const names = namesOf(body.funcname)
  const name = names.at(-1) ?? ''
  const schema = names.at(-2)
  const arguments_ = (body.args as unknown[] | undefined) ?? []
  const own = place.catalog.functions(name).filter(each => isMeant(each, schema, place))
  const builtin = schema === undefined || schema === 'pg_catalog' ? place.catalog.builtin(name) : undefined
  if (own.length === 0 && builtin === undefined && !isSyntax(body)) return unknownFunction(name, place)
  for (const each of own) callOwn(each, place)
  if (builtin !== undefined) callBuiltin({ name, volatility: builtin, arguments_ }, place)
}

/** `substring(x FROM y)`: the parser names the function itself, also one that an older server does not have. */
function isSyntax(body: Tagged): boolean {
  return body.funcformat === 'COERCE_SQL_SYNTAX'
}

function isMeant({ schema }: FunctionFacts, given: string | undefined, { catalog }: Place): boolean {
  return given === undefined ? catalog.server.searchPath.includes(schema) : given === schema
}

/** A function that came after the catalog was read may do anything. */
function unknownFunction(name: string, { findings }: Place): void {
  findings.mayWrite = true
  findings.refuse('not-understood', `The cache knows no function ${name}`)
}

function callOwn(facts: FunctionFacts, place: Place): void {
  const { name, volatility, mayWrite } = facts
  const { findings } = place
  if (place.policyWalk !== undefined && volatility !== 'i') return followFunction(facts, place)
  findings.mayWrite ||= mayWrite
  if (volatility !== 'i') findings.refuse('not-immutable-function', `${name} is not immutable`)
}

interface BuiltinCall {
  readonly name: string
  readonly volatility: string
  readonly arguments_: readonly unknown[]
}

function callBuiltin({ name, volatility, arguments_ }: BuiltinCall, { findings, policyWalk }: Place): void {
  // Claims are part of the key then, and a session with other settings than ours fills no cache.
  if (policyWalk !== undefined && name === 'current_setting') {
    findings.readsClaims = true
    return
  }
  const risk = builtinRisk(name, volatility, arguments_.length)
  if (risk === 'none') return
  if (name === 'set_config' && !isTrue(arguments_[2])) findings.changesSession = true
  if (risk === 'may-write') findings.mayWrite = true
  if (risk === 'clock') findings.refuse('time-dependent', `${name}() depends on the clock`)
  else findings.refuse('not-immutable-function', `${name} is not immutable`)
}

function isTrue(node: unknown): boolean {
  const constant = bodyOf<{ boolval?: { boolval?: boolean } }>(node, 'A_Const')
  return constant?.boolval?.boolval === true
}

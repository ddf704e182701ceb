import { callFunction, callOperator } from './calls.js'
import { sidesOf } from './constraints.js'
import { castFamily } from './operand.js'
import { bodyOf, namesOf, type Tagged } from './parse.js'
import { columnOf } from './scope.js'
import { hasTimeWord } from './time-words.js'
import type { Handler, Place, Walk } from './walk.js'

/** The role, which is part of every key under an identity. */
const USER_VALUE = /^SVFOP_(?:CURRENT_USER|CURRENT_ROLE|USER|SESSION_USER)$/
const CLOCK_VALUE = /^SVFOP_(?:CURRENT_DATE|CURRENT_TIME|LOCALTIME)/

/** An expression with an operator. A parameter that is compared with a column has that column's type. */
const operator: Handler = (body, place, walk) => {
  for (const name of operatorsOf(body)) callOperator(name, place)
  const [left, right] = sidesOf(body) ?? []
  if (left === undefined || right === undefined) return walk.fields('A_Expr', body, place)
  compared({ parameter: left, with: right }, place, walk)
  compared({ parameter: right, with: left }, place, walk)
}

function compared(sides: { parameter: unknown; with: unknown }, place: Place, walk: Walk): void {
  const parameter = bodyOf(sides.parameter, 'ParamRef')
  if (parameter === undefined) return walk.visit(sides.parameter, place)
  const reference = bodyOf(sides.with, 'ColumnRef')
  const column = reference === undefined ? undefined : columnOf(place.scope, reference)
  place.findings.parameter(Number(parameter.number), column?.type.family)
}

function operatorsOf(body: Tagged): readonly string[] {
  if (String(body.kind).includes('BETWEEN')) return ['<', '<=', '>', '>=']
  return namesOf(body.name)
    .slice(-1)
    .flatMap(name => name ?? [])
}

const parameter: Handler = (body, { findings }) => findings.parameter(Number(body.number), undefined)

/** A cast, in whichever of the three ways it is written. */
const cast: Handler = (body, place, walk) => {
  const type = body.typeName as Tagged | undefined
  const name = namesOf(type?.names).at(-1)
  if (name !== undefined && place.catalog.isVolatileCast(name)) {
    place.findings.mayWrite = true
    place.findings.refuse(
      'not-immutable-function',
      `A cast to ${name} calls a function that is not immutable`,
    )
  }
  const given = bodyOf(body.arg, 'ParamRef')
  if (given === undefined) walk.visit(body.arg, place)
  else place.findings.parameter(Number(given.number), castFamily(type, place.catalog))
}

/** A constant: what is written is not always what is meant. */
const constant: Handler = (body, { findings }) => {
  const text = (body.sval as { sval?: string } | undefined)?.sval
  if (text !== undefined && hasTimeWord(text)) {
    findings.refuse('time-dependent', 'A constant may stand for the time at which it is read')
  }
}

/** The functions that SQL calls without parentheses: CURRENT_USER, CURRENT_DATE, … */
const sqlValue: Handler = ({ op }, { findings, policyWalk }) => {
  if (policyWalk !== undefined && USER_VALUE.test(String(op))) return
  if (CLOCK_VALUE.test(String(op)))
    findings.refuse('time-dependent', `${nameOfValue(op)} depends on the clock`)
  else findings.refuse('not-immutable-function', `${nameOfValue(op)} depends on the session`)
}

function nameOfValue(op: unknown): string {
  return String(op).replace('SVFOP_', '')
}

/** A call of a function, an aggregate or a window function. */
const call: Handler = (body, place, walk) => {
  callFunction(body, place)
  walk.fields('FuncCall', body, place)
}

/** `u.f` is the call `f(u)` when u has no column f. */
const column: Handler = (body, place) => {
  const names = namesOf(body.fields)
  if (names.length > 1 && columnOf(place.scope, body) === undefined) attribute(names.at(-1), place)
}

const indirection: Handler = (body, place, walk) => {
  for (const name of namesOf(body.indirection)) attribute(name, place)
  walk.fields('A_Indirection', body, place)
}

/** Judges a name that may be a column, or a call of a function in the notation of a column. */
function attribute(name: string | undefined, { catalog, findings }: Place): void {
  const functions = name === undefined ? [] : catalog.functions(name)
  if (!functions.some(each => each.volatility !== 'i')) return
  findings.mayWrite ||= functions.some(each => each.mayWrite)
  findings.refuse('not-immutable-function', `${name} may be a call of a function that is not immutable`)
}

/** Operators by name outside of expressions: of `= ANY (SELECT …)`, and of ORDER BY … USING. */
const subLink: Handler = (body, place, walk) => {
  const name = namesOf(body.operName).at(-1)
  callOperator(name ?? '=', place)
  walk.fields('SubLink', body, place)
}

const sortBy: Handler = (body, place, walk) => {
  const name = namesOf(body.useOp).at(-1)
  if (name !== undefined) callOperator(name, place)
  walk.fields('SortBy', body, place)
}

/** What expressions are made of. */
export const EXPRESSION_HANDLERS: Readonly<Record<string, Handler>> = {
  A_Const: constant,
  A_Expr: operator,
  A_Indirection: indirection,
  ColumnRef: column,
  FuncCall: call,
  ParamRef: parameter,
  SQLValueFunction: sqlValue,
  SortBy: sortBy,
  SubLink: subLink,
  TypeCast: cast,
}

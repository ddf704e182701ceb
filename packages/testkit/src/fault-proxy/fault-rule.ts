import { inspect } from 'node:util'
import type { Direction, Message, Protocol } from './message.js'
import { POSTGRES_TYPES } from './postgres-wire.js'
import { REDIS_TYPES } from './redis-wire.js'

/**
 * `cut`: the client's side ends, the server keeps what was forwarded. `reset`: the same with a TCP reset. `stall`:
 * nothing goes on in either direction. `half-open`: nothing goes on in the direction of the message. `drop`: the
 * message is lost. `delay`: everything of that direction arrives so many milliseconds later, and `throttle`: no faster
 * than so many bytes a second, from the message on.
 */
export type FaultAction =
  | 'cut'
  | 'reset'
  | 'stall'
  | 'half-open'
  | 'drop'
  | { readonly delay: number }
  | { readonly throttle: number }

/** Where in a message a fault strikes: nothing of it, half of it, or all of it has been passed on then. */
export type FaultPoint = 'before' | 'inside' | 'after'

/** Which messages a rule is about. */
export interface FaultCondition {
  readonly direction: Direction
  /** As the protocol calls it, or one of several. Default: any. */
  readonly type?: string | readonly string[]
  /** In the message itself. */
  readonly text?: string | RegExp
  /** In the statements of the flush that it belongs to, or that it answers. */
  readonly statement?: string | RegExp
  /** The how-manieth of them, on all connections together. Default: 1. */
  readonly nth?: number
}

/** A fault, and the message at which it strikes. */
export interface FaultRule {
  readonly when: FaultCondition
  readonly do: FaultAction
  /** Default: `before`. */
  readonly at?: FaultPoint
  /** How many messages it strikes, from the nth on. Default: 1. */
  readonly times?: number
}

const WORDS = ['cut', 'reset', 'stall', 'half-open', 'drop']
const POINTS = ['before', 'inside', 'after']
const DIRECTIONS = ['requests', 'answers']

/** @throws Error naming the field, what was expected and what was given */
export function checkRule(
  { when, do: action, at = 'before', times = 1 }: FaultRule,
  protocol?: Protocol,
): void {
  expectOneOf('when.direction', DIRECTIONS, when?.direction)
  const types = protocol && { postgres: POSTGRES_TYPES, redis: REDIS_TYPES }[protocol]
  const known = types?.[when.direction] ?? ['Bytes']
  for (const type of [when.type ?? []].flat()) expectOneOf('when.type', known, type)
  expectOneOf('at', action === 'drop' ? ['before'] : POINTS, at)
  expectCount('when.nth', when.nth ?? 1)
  expectCount('times', times)
  if (typeof action !== 'object') return expectOneOf('do', WORDS, action)
  const [name, value] = Object.entries(action)[0] ?? []
  expectOneOf('do', ['delay', 'throttle'], name)
  if (!(Number(value) > 0)) throw misfit(`do.${name}`, 'a number above 0', value)
}

function expectOneOf(path: string, known: readonly string[], given: unknown): void {
  if (!known.includes(given as string)) throw misfit(path, `one of ${known.join(', ')}`, given)
}

function expectCount(path: string, given: number): void {
  const isCount = given === Number.POSITIVE_INFINITY || (Number.isInteger(given) && given >= 1)
  if (!isCount) throw misfit(path, 'a whole number from 1', given)
}

/** The error for a field that cannot be what it is. */
function misfit(path: string, expected: string, given: unknown): Error {
  return new Error(`Fault rule, "${path}": expected ${expected}, given ${inspect(given)}.`)
}

/** Whether a message is one that the condition is about; which of them it is, is not looked at. */
export function matches({ direction, type, text, statement }: FaultCondition, message: Message): boolean {
  if (direction !== message.direction) return false
  if (type !== undefined && ![type].flat().includes(message.type)) return false
  if (statement !== undefined && !contains(message.statement, statement)) return false
  return text === undefined || contains(message.bytes.toString('utf8'), text)
}

function contains(text: string, pattern: string | RegExp): boolean {
  return typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)
}

/** A rule in words. */
export function describeRule({ when, do: action, at = 'before' }: FaultRule): string {
  const what = typeof action === 'string' ? action : inspect(action)
  const type = when.type === undefined ? 'message' : [when.type].flat().join(' or ')
  const text = [when.text, when.statement]
    .filter(pattern => pattern !== undefined)
    .map(pattern => inspect(pattern))
  return [`${what} ${at} the ${when.nth ?? 1}. ${type} of the ${when.direction}`, ...text].join(' with ')
}

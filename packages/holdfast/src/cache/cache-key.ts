import { hash } from 'node:crypto'
import pg from 'pg'
import { hasTimeWord } from '../sql/time-words.js'

/** How pg turns a parameter into what it sends: text, bytes, or null. */
const prepareValue = (pg as unknown as { utils?: { prepareValue(value: unknown): unknown } }).utils
  ?.prepareValue

/**
 * Parameters as a text that two different lists never share; made of what is sent, so that `1` and `'1'`, which the
 * server cannot tell apart, are one.
 *
 * @returns `undefined` for a parameter that has no such text
 */
export function parametersKey(values: readonly unknown[] | undefined): string | undefined {
  if (values === undefined || values.length === 0) return ''
  if (values.length === 1 && typeof values[0] === 'string') return `s${values[0]}`
  let key = ''
  for (const value of values) {
    const part = parameterKey(value)
    if (part === undefined) return undefined
    key += values.length === 1 ? part : `${part.length}:${part}`
  }
  return key
}

/**
 * The values as they are sent: a caller who changes his own afterwards, while the query waits, changes nothing.
 *
 * @returns `undefined` for a value that cannot be sent
 */
export function sentValues(values: readonly unknown[] | undefined): unknown[] | undefined {
  return values?.map(value => {
    const sent = typeof value === 'object' && value !== null ? prepareValue?.(value) : value
    return sent instanceof Uint8Array ? Buffer.from(sent) : sent
  })
}

function parameterKey(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return `s${value}`
    case 'number':
    case 'bigint':
    case 'boolean':
      return `s${value}`
    default:
      return value === null || value === undefined ? 'n' : sentKey(value)
  }
}

/** Dates, arrays, objects and bytes, as the driver sends them. */
function sentKey(value: unknown): string | undefined {
  try {
    const sent = prepareValue?.(value)
    if (typeof sent === 'string') return `s${sent}`
    return sent instanceof Uint8Array ? `b${Buffer.from(sent).toString('base64')}` : undefined
  } catch {
    return undefined
  }
}

/** What stands around a value in an array, a range, a row or JSON. */
const AROUND_VALUES = /[{}()[\],"']/
/** The server takes no longer text for a date or a time (its MAXDATELEN). */
const LONGEST_TIME = 128

/** Whether a parameter may mean the time of the call, should it be a date or a time, or hold some. */
export function hasMovingInstant(values: readonly unknown[] | undefined): boolean {
  return values?.some(mayMove) ?? false
}

function mayMove(value: unknown): boolean {
  if (typeof value === 'string') return saysMovingInstant(value)
  return typeof value === 'object' && value !== null && saysMovingInstant(sentKey(value)?.slice(1) ?? '')
}

function saysMovingInstant(text: string): boolean {
  if (!hasTimeWord(text)) return false
  return text.split(AROUND_VALUES).some(part => part.length <= LONGEST_TIME && hasTimeWord(part))
}

/** A key for all processes: 256 bits of everything that decides what the server answers. */
export function sharedKey(parts: readonly string[]): string {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return hash('sha256', text, 'base64url')
}

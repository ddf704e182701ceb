import { describeGiven, parseDuration } from './duration.js'
import { OptionsError } from './errors.js'

/** Checks one value and returns it in its resolved form; throws OptionsError. Never called with `undefined`. */
export type Rule = (value: unknown, path: string) => unknown

/** A rule for each option that exists; what is not here is unknown. */
export type Rules = Readonly<Record<string, Rule>>

/**
 * Checks an options object against its rules.
 *
 * @returns a new object with the resolved values; options given as `undefined` count as absent
 * @throws OptionsError naming the path, what was expected and what was given
 */
export function checkOptions(given: unknown, rules: Rules, path = ''): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionsError(path || 'options', 'an object', describeGiven(given))
  }
  const resolved: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const rule = rules[name]
    if (rule === undefined) throw unknownOption(name, rules, path)
    if (value !== undefined) resolved[name] = rule(value, path + name)
  }
  return resolved
}

/** The error for a name that no rule knows, with the name that was probably meant. */
function unknownOption(name: string, rules: Rules, path: string): OptionsError {
  const lower = name.toLowerCase()
  const similar = Object.keys(rules).find(known => distance(known.toLowerCase(), lower) <= 2)
  const expected = similar === undefined ? 'a known option' : `"${path}${similar}"`
  return new OptionsError(path + name, expected, 'an unknown option')
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, charA] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, charB] of [...b].entries()) {
      const substitution = (row[j] ?? 0) + (charA === charB ? 0 : 1)
      next.push(Math.min(substitution, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** Anything: checked elsewhere or by pg. */
export const any: Rule = value => value

/** A value of one `typeof`. */
export const ofType =
  (type: 'string' | 'boolean' | 'function', expected = `a ${type}`): Rule =>
  (value, path) => {
    if (typeof value === type) return value
    throw new OptionsError(path, expected, describeGiven(value))
  }

/** A whole number in a range; digits as text are taken too, as they come from the environment. */
export const integer =
  (min: number, max = Number.MAX_SAFE_INTEGER): Rule =>
  (value, path) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    if (number === Number.POSITIVE_INFINITY && max === Number.MAX_SAFE_INTEGER) return number
    if (Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max) return number
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw new OptionsError(path, `a whole number ${range}`, describeGiven(value))
  }

/** A part of a whole. */
export const fraction: Rule = (value, path) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new OptionsError(path, 'a number from 0 to 1', describeGiven(value))
}

/** A list of which each entry is one of some words. */
export const listOf =
  (words: readonly string[]): Rule =>
  (value, path) => {
    const unknown = Array.isArray(value) ? value.find(each => !words.includes(each)) : value
    if (Array.isArray(value) && unknown === undefined) return [...new Set(value)]
    throw new OptionsError(path, `a list of ${words.join(', ')}`, describeGiven(unknown))
  }

/** A duration; `false` and `null` are 0, which switches the limit off, as with pg's timeouts. */
export const duration: Rule = (value, path) =>
  value === false || value === null ? 0 : parseDuration(value, path)

/** An options object of its own; `false` switches the whole thing off. */
export const nested =
  (rules: Rules): Rule =>
  (value, path) =>
    value === false ? false : checkOptions(value, rules, `${path}.`)

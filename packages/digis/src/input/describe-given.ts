/** Says what a value is without repeating it: it may be private, or a megabyte long. */
export function describeGiven(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return describeText(value)
  if (typeof value === 'number') return describeNumber(value)
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Date) return 'a Date'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function describeText(text: string): string {
  if (text === '') return 'an empty text'
  if (text.includes('\0')) return 'a text with a NUL character'
  if (hasLoneSurrogate(text)) return 'a text with half of a surrogate pair'
  return `a text of ${text.length} characters`
}

function describeNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value < 0) return 'a negative number'
  if (!Number.isInteger(value)) return 'a fraction'
  return Number.isSafeInteger(value) ? 'a whole number out of range' : 'a number too large to be exact'
}

/** Whether a text holds half of a surrogate pair, which UTF-8 cannot express: it would be stored as another character. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text)
}

/** What PostgreSQL's input of dates and times replaces by the clock. Letters around it would make another word of it. */
const TIME_WORD = /(?<![a-z])(?:now|today|tomorrow|yesterday)(?![a-z])/i

/**
 * Whether a constant or a parameter, were it taken for a date or time, would mean another instant each time it is
 * read: `now`, `today 10:00`, `{yesterday}`. Errs towards yes: a sentence with such a word
 * counts as one.
 */
export function hasTimeWord(text: string): boolean {
  return TIME_WORD.test(text)
}

import Type from 'typebox'
import { Problem } from './problem.js'

/** The header by which a caller names a request that it may send again. */
export const KEY_HEADER = 'idempotency-key'

/** The structured string of RFC 9651 within its quotes, or a word that needs none. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\]){1,510})"$/
const WORD = /^[\w.~:+/=-]{1,255}$/
const LONGEST = 255

/**
 * What a caller calls its request, or nothing. As in the draft of the IETF the value is a structured string such as
 * `"8e03978e-40d5-43e8-bc93-6894a57f9324"`; of a plain word the quotes may be left out.
 * @throws {Problem} `invalid-request` for anything else
 */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const key = typeof header === 'string' ? decode(header) : undefined
  if (key !== undefined && key.length <= LONGEST) return key
  const message = `must be one text of 1 to ${LONGEST} printable ASCII characters in quotes, such as "8e03978e-40d5-43e8-bc93-6894a57f9324"`
  throw new Problem('invalid-request', { errors: [{ field: 'Idempotency-Key', message }] })
}

function decode(header: string): string | undefined {
  if (WORD.test(header)) return header
  return QUOTED.exec(header)?.[1]?.replace(/\\(["\\])/g, '$1')
}

/** How the header is described; {@link idempotencyKey} checks it, because its message says more. */
export const KeyHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      description:
        'A new value for each new request, the same for each repetition, such as a UUID in quotes: the request is ' +
        'applied once, and a repetition gets the answer of the first, with `Idempotent-Replayed: true`. Up to 255 ' +
        'printable ASCII characters, kept for 24 hours.',
      examples: ['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
    }),
  ),
})

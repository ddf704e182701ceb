import { LONGEST_COPIED } from './fresh-value.js'
import type { RawResult } from './raw-result.js'
import { DATE_TYPES, SHARED_TYPES } from './shared-types.js'

/** Bytes that V8 takes on a 64-bit machine. */
const STRING = 24
const SLOT = 8
const ARRAY = 56
const DATE = 112
/** A function that copies or parses, with what it holds. */
const COPIER = 176
/** An object or array inside another, with what copies it. */
const CONTAINER = 400
/** Keeping an entry: the node in the store, its place in the map, the functions and objects around a result. */
const ENTRY = 1_024

/** No entry takes less: where this has no room, none has to be measured. */
export const SMALLEST_ENTRY = ENTRY

const BYTEA = 17
const OPENING_BRACE = 0x7b
const OPENING_BRACKET = 0x5b
const BEYOND_LATIN_1 = /[^\0-\xff]/

/**
 * Estimates what a cached result takes in memory, in bytes: key, raw texts, and what a hit parses and keeps. The
 * descriptions of its columns do not count, because results of a statement share them.
 */
export function entryBytes(key: string, { fields, rows }: RawResult): number {
  let bytes = ENTRY + stringBytes(key) + rows.length * (2 * SLOT + ARRAY)
  for (let column = 0; column < fields.length; column++) {
    const parsed = parsedBytes(fields[column]?.dataTypeID ?? 0)
    for (const row of rows) {
      const text = row[column]
      bytes += 2 * SLOT
      if (text !== null && text !== undefined) bytes += stringBytes(text) + parsed(text)
    }
  }
  return bytes
}

/** What a value takes besides its text. */
function parsedBytes(type: number): (text: string) => number {
  if (SHARED_TYPES.has(type)) return () => SLOT
  if (DATE_TYPES.has(type)) return () => DATE
  if (type === BYTEA) return text => COPIER + text.length / 2
  return text => COPIER + (text.length > LONGEST_COPIED ? 0 : 2 * text.length + CONTAINER * nestedIn(text))
}

/** How many objects or arrays there are in the text of JSON or of an array, besides the outermost. */
function nestedIn(text: string): number {
  let opened = 0
  for (let index = 1; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (character === OPENING_BRACE || character === OPENING_BRACKET) opened++
  }
  return opened
}

function stringBytes(text: string): number {
  // One character is shared by all strings that are this character.
  if (text.length < 2) return 0
  return STRING + (BEYOND_LATIN_1.test(text) ? 2 * text.length : text.length)
}

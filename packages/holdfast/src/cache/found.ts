import type { BypassReason } from './cache-info.js'
import type { EntryTimes } from './entry.js'
import type { RawResult } from './raw-result.js'
import type { Stamp, Tag } from './tags.js'

/** Stamps that were current after a read began, with what they belong to. */
export interface Basis {
  readonly tags: readonly Tag[]
  readonly stamps: readonly Stamp[]
}

/** A value under stamps that are current. */
export interface FoundValue {
  readonly kind: 'value'
  readonly basis: Basis
  readonly raw: RawResult
  readonly times: EntryTimes
}

/** What the shared tier has for a read. */
export type Found =
  | { readonly kind: 'bypass'; readonly reason: BypassReason }
  | FoundValue
  | { readonly kind: 'load'; readonly basis: Basis }

/** What the shared tier said of the read with this key, for the long way; who asked holds the tags meanwhile. */
export interface Asked {
  readonly key: string
  readonly tags: readonly Tag[]
  readonly found: Found | 'wait'
}

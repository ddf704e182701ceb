import type { CacheSettings } from '../base/cache-options.js'
import type { RawResult } from './raw-result.js'

/** What is kept of a result. */
export interface StoredResult {
  readonly raw: RawResult
  /** Milliseconds since 1970, on the clock of who stored it. */
  readonly storedAt: number
  readonly life: number
  readonly loadMillis: number
}

/** Between results and bytes. */
export interface Codec {
  encode(key: string, value: StoredResult): Buffer | Promise<Buffer>
  decode(key: string, bytes: Buffer): StoredResult | undefined
}

export function codecFor(_: CacheSettings): Codec {
  return {
    encode: (_key, value) => Buffer.from(JSON.stringify(value)),
    decode: (_key, bytes) => {
      try {
        return JSON.parse(String(bytes))
      } catch {
        return undefined
      }
    },
  }
}

import { describeGiven } from './duration.js'
import { OptionsError } from './errors.js'

/** A place in the write-ahead log of a cluster. After each failover the log goes on under another timeline. */
export interface WalPosition {
  /** 0: not known. */
  readonly timeline: number
  readonly lsn: bigint
}

/** An LSN as PostgreSQL writes it, `16/B374D848`, as a number of bytes. */
export function parseLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

/**
 * Whether who stands at one position has seen all that was written up to another one. Where a timeline is not known, or
 * is older than the wanted one, the numbers of bytes prove nothing.
 */
export function hasReached(at: WalPosition, wanted: WalPosition): boolean {
  return at.timeline > 0 && at.timeline >= wanted.timeline && at.lsn >= wanted.lsn
}

/** A position as a short text of `[0-9a-f-]`, fit for an HTTP header. */
export function positionToken({ timeline, lsn }: WalPosition): string {
  return `${timeline.toString(16)}-${lsn.toString(16)}`
}

const TOKEN = /^([0-9a-f]{1,8})-([0-9a-f]{1,16})$/

/**
 * The position that a token stands for.
 *
 * @param path where the token was given, for the error
 * @throws OptionsError for anything else; what was given is not repeated
 */
export function parseToken(token: unknown, path: string): WalPosition {
  // The longest token has 25 characters: nobody's megabytes are searched.
  const match = typeof token === 'string' && token.length <= 25 ? TOKEN.exec(token) : null
  if (match === null) throw new OptionsError(path, 'a token of pool.writeToken()', describeGiven(token))
  return { timeline: Number.parseInt(match[1] as string, 16), lsn: BigInt(`0x${match[2]}`) }
}

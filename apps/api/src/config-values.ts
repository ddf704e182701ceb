/** How one environment variable is read. `parse` answers `undefined` for a value that does not fit. */
export interface Variable<T> {
  /** What it does, for the README's table. */
  readonly about: string
  /** What a value must look like, for the error message. */
  readonly expected: string
  /** The text used when the variable is absent or empty; without one the setting stays `undefined`. */
  readonly fallback?: string
  /** Its value never appears in a message. */
  readonly secret?: boolean
  parse(text: string): T | undefined
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const SIZES: Readonly<Record<string, number>> = { b: 1, kib: 1024, mib: 1024 * 1024 }

/** A whole number from `low` to `high`, both included. */
export function integer(low: number, high: number) {
  return {
    expected: `a whole number from ${low} to ${high}`,
    parse: (text: string) => within(/^\d{1,15}$/.test(text) ? Number(text) : undefined, low, high),
  }
}

/** A duration in milliseconds: `2500`, `250ms`, `10s`, `5m`, `1h`. */
export function duration(low: number, high: number) {
  return {
    expected: `a duration such as 500ms, 10s or 5m, from ${low} ms to ${high} ms`,
    parse: (text: string) => within(scaled(text, UNITS, 'ms'), low, high),
  }
}

/** A duration in milliseconds, as {@link duration}, or `0` for never. */
export function durationOrNever(low: number, high: number) {
  const { parse } = duration(low, high)
  return {
    expected: `0, or a duration such as 30s or 5m, from ${low} ms to ${high} ms`,
    parse: (text: string) => (text === '0' ? 0 : parse(text)),
  }
}

/** A size in bytes: `4096`, `256KiB`, `1MiB`. */
export function size(low: number, high: number) {
  return {
    expected: `a size such as 256KiB or 1MiB, from ${low} to ${high} bytes`,
    parse: (text: string) => within(scaled(text, SIZES, 'b'), low, high),
  }
}

/** One of the given words. */
export function oneOf<const T extends string>(...words: readonly T[]) {
  return {
    expected: `one of ${words.join(', ')}`,
    parse: (text: string) => words.find(word => word === text),
  }
}

/** Text of at least `low` characters. */
export function text(low = 1) {
  return {
    expected: low === 1 ? 'some text' : `at least ${low} characters`,
    parse: (value: string) => (value.length >= low ? value : undefined),
  }
}

/** Words separated by commas; blanks around them do not count. */
export function list(expected: string, fits: (item: string) => boolean = () => true) {
  return {
    expected: `${expected}, separated by commas`,
    parse: (value: string): readonly string[] | undefined => {
      const items = value
        .split(',')
        .map(item => item.trim())
        .filter(item => item !== '')
      return items.every(fits) ? Object.freeze(items) : undefined
    },
  }
}

/** Secrets of Standard Webhooks, `whsec_` and at least 24 bytes in base64, separated by commas; as bytes. */
export function webhookSecrets() {
  const secrets = list('secrets such as whsec_ and at least 24 bytes in base64', isWebhookSecret)
  return {
    expected: secrets.expected,
    parse: (value: string): readonly Buffer[] | undefined =>
      secrets.parse(value)?.map(secret => Buffer.from(secret.slice(WEBHOOK_PREFIX.length), 'base64')),
  }
}

/** Not part of the secret. */
const WEBHOOK_PREFIX = 'whsec_'

/** 24 bytes are 32 letters of base64. */
function isWebhookSecret(text: string): boolean {
  return /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(text)
}

/** An address with one of the given protocols. */
export function address(...protocols: readonly string[]) {
  return {
    expected: `a URL starting with ${protocols.map(protocol => `${protocol}//`).join(' or ')}`,
    parse: (value: string) => {
      const url = URL.canParse(value) ? new URL(value) : undefined
      return url !== undefined && protocols.includes(url.protocol) ? value : undefined
    },
  }
}

/** Whether `value` is exactly an origin as browsers send it: scheme, host and port, no path, no final slash. */
export function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:/.test(value) && new URL(value).origin === value
}

/** A number with a unit, or with the `bare` one. */
function scaled(value: string, units: Readonly<Record<string, number>>, bare: string): number | undefined {
  const match = /^(\d{1,12})\s*([a-z]*)$/.exec(value.trim().toLowerCase())
  const unit = match === null ? undefined : units[match[2] === '' ? bare : (match[2] ?? '')]
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit
}

/** The value if it is in range; a value that is none stays none. */
function within(value: number | undefined, low: number, high: number): number | undefined {
  return value !== undefined && value >= low && value <= high ? value : undefined
}

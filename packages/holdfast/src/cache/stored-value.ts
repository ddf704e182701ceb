/** What a remote store keeps: the stamps a value was loaded under, and the value. */
export interface StoredValue {
  readonly stamps: readonly string[]
  readonly payload: Buffer
}

const SEPARATOR = '\n'
const END = 0

/**
 * The bytes that a remote store keeps: `<stamp>\n<stamp>\0<payload>`. The store compares the part up to the NUL with
 * the current stamps, in the order in which the read names its tags.
 */
export function sealValue({ stamps, payload }: StoredValue): Buffer {
  return Buffer.concat([Buffer.from(`${stamps.join(SEPARATOR)}\0`, 'latin1'), payload])
}

/** Whether stored bytes were stored under just these stamps. */
export function isUnder(stored: Buffer, stamps: readonly string[]): boolean {
  const vector = `${stamps.join(SEPARATOR)}\0`
  return stored.toString('latin1', 0, vector.length) === vector
}

/** The parts of stored bytes; `undefined` when they were not written by {@link sealValue}. */
export function openValue(stored: Buffer): StoredValue | undefined {
  const end = stored.indexOf(END)
  if (end === -1) return undefined
  return { stamps: stampsBefore(stored, end), payload: stored.subarray(end + 1) }
}

/** What is behind the stamps; `undefined` as for {@link openValue}. */
export function payloadOf(stored: Buffer): Buffer | undefined {
  const end = stored.indexOf(END)
  return end === -1 ? undefined : stored.subarray(end + 1)
}

/** The stamps that stored bytes begin with. */
export function stampsOf(stored: Buffer): readonly string[] {
  return stampsBefore(stored, Math.max(0, stored.indexOf(END)))
}

function stampsBefore(stored: Buffer, end: number): readonly string[] {
  return end === 0 ? [] : stored.toString('latin1', 0, end).split(SEPARATOR)
}

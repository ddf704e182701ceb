/** A value in DER, the encoding of certificates: a tag, the length of the contents, the contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(body.length)]), body])
}

/** Below 128 one byte; else how many bytes follow, and these. */
function lengthBytes(length: number): number[] {
  if (length < 128) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return [0x80 | bytes.length, ...bytes]
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents)

export const set = (...contents: readonly Uint8Array[]): Buffer => der(0x31, ...contents)

/** A positive integer as its bytes, the first of them from 1 to 127. */
export const integer = (...bytes: readonly Uint8Array[]): Buffer => der(0x02, ...bytes)

export const octetString = (contents: Uint8Array): Buffer => der(0x04, contents)

/** Whole bytes only. */
export const bitString = (contents: Uint8Array): Buffer => der(0x03, Buffer.from([0]), contents)

/** @param hex the encoded numbers of the identifier */
export const objectIdentifier = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))

export const utf8String = (text: string): Buffer => der(0x0c, Buffer.from(text))

export const yes: Buffer = der(0x01, Buffer.from([0xff]))

/** An instant up to the year 2049, in seconds. */
export const utcTime = (date: Date): Buffer =>
  der(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replaceAll(/[-:T]|\..*/g, '')
        .slice(2)}Z`,
    ),
  )

/** DER as PEM text. */
export function pem(label: string, contents: Buffer): string {
  const lines = contents.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

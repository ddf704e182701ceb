import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import {
  bitString,
  der,
  integer,
  objectIdentifier,
  octetString,
  pem,
  sequence,
  set,
  utcTime,
  utf8String,
  yes,
} from './der.js'
import type { TlsIdentity } from './postgres-settings.js'

/** Issues certificates that nobody trusts who was not given `cert`. */
export interface CertificateAuthority {
  /** Its own certificate as PEM text: the `ca` of clients. */
  readonly cert: string
  /**
   * A key and a certificate for it, valid for a day.
   *
   * @param names host names and IPv4 addresses; the first is also the common name
   */
  issue(names: readonly [string, ...string[]]): TlsIdentity
}

const COMMON_NAME = objectIdentifier('550403')
const BASIC_CONSTRAINTS = objectIdentifier('551d13')
const SUBJECT_ALTERNATIVE_NAME = objectIdentifier('551d11')
const ECDSA_WITH_SHA256 = sequence(objectIdentifier('2a8648ce3d040302'))
const VERSION_3 = der(0xa0, integer(Buffer.from([2])))
const DAY_MS = 86_400_000

/**
 * Makes a certificate authority for one test; node:crypto reads certificates and cannot issue them.
 *
 * @see RFC 5280, "Basic Certificate Fields"
 */
export function certificateAuthority(name = 'Throw-away CA'): CertificateAuthority {
  const { publicKey, privateKey } = newKeys()
  const issuer = { name, privateKey }
  const constraints = extension(BASIC_CONSTRAINTS, sequence(yes), yes)
  return {
    cert: certificate(issuer, { name, publicKey, extensions: constraints }),
    issue(names) {
      const keys = newKeys()
      const extensions = extension(SUBJECT_ALTERNATIVE_NAME, sequence(...names.map(alternativeName)))
      return {
        key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
        cert: certificate(issuer, { name: names[0], publicKey: keys.publicKey, extensions }),
      }
    },
  }
}

interface Subject {
  readonly name: string
  readonly publicKey: KeyObject
  readonly extensions: Buffer
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** A certificate, signed by the issuer, as PEM text. */
function certificate(issuer: { name: string; privateKey: KeyObject }, subject: Subject): string {
  const now = Date.now()
  const contents = sequence(
    VERSION_3,
    integer(Buffer.from([1]), randomBytes(15)),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    sequence(utcTime(new Date(now - DAY_MS)), utcTime(new Date(now + DAY_MS))),
    distinguishedName(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(subject.extensions)),
  )
  const signature = bitString(sign('sha256', contents, issuer.privateKey))
  return pem('CERTIFICATE', sequence(contents, ECDSA_WITH_SHA256, signature))
}

const distinguishedName = (name: string) => sequence(set(sequence(COMMON_NAME, utf8String(name))))

/** @param critical {@link yes}, or nothing */
const extension = (id: Buffer, value: Buffer, critical: Buffer = Buffer.alloc(0)) =>
  sequence(id, critical, octetString(value))

const alternativeName = (name: string) =>
  isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name))

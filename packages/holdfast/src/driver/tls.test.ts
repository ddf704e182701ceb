import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { SUPABASE_ROOT_2021_CA } from './supabase-ca.js'
import { decideTls, isLocal, type TlsInput } from './tls.js'

const input = (given: Partial<TlsInput>): TlsInput => ({
  host: 'db.example.com',
  ssl: undefined,
  sslmode: undefined,
  sslrootcert: undefined,
  sslcert: undefined,
  sslkey: undefined,
  ...given,
})

describe('TLS', () => {
  test.each([undefined, 'prefer', 'require', 'verify-full'])(
    'is on and verified to a remote host: %s',
    sslmode => {
      const { ssl, warning } = decideTls(input({ sslmode }))
      expect(ssl).toMatchObject({ rejectUnauthorized: true })
      expect(warning).toBeUndefined()
    },
  )

  test.each(['localhost', '127.0.0.1', '::1', '/var/run/postgresql'])(
    'is off to %s unless asked for',
    host => {
      expect(isLocal(host)).toBe(true)
      expect(decideTls(input({ host }))).toEqual({ ssl: false, warning: undefined })
      expect(decideTls(input({ host, sslmode: 'require' })).ssl).toMatchObject({ rejectUnauthorized: true })
    },
  )

  test('without verification needs to be asked for by name, and warns', () => {
    expect(decideTls(input({ sslmode: 'no-verify' })).warning).toBe('tls-unverified')
    expect(decideTls(input({ ssl: { rejectUnauthorized: false } })).warning).toBe('tls-unverified')
    expect(decideTls(input({ sslmode: 'disable' }))).toEqual({ ssl: false, warning: 'tls-off' })
  })

  test('refuses an unknown mode and a file that is not there', () => {
    expect(() => decideTls(input({ sslmode: 'maybe' }))).toThrow(/one of disable/)
    expect(() => decideTls(input({ sslrootcert: 'missing.pem' }))).toThrow(/ENOENT/)
  })

  test("trusts Supabase's published root for Supabase's hosts only", () => {
    const { fingerprint256, subject } = new X509Certificate(SUPABASE_ROOT_2021_CA)
    expect(subject).toContain('CN=Supabase Root 2021 CA')
    expect(fingerprint256.replaceAll(':', '')).toBe(
      '807025AD50D4ED219D2C9C7D299C004F824EB00CF7F65AFEF607D07B72E6CAFA',
    )
    const supabase = decideTls(input({ host: 'db.abc.supabase.co' })).ssl as { ca: string[] }
    expect(supabase.ca).toContain(SUPABASE_ROOT_2021_CA)
    expect(decideTls(input({ host: 'evil-supabase.co' })).ssl).not.toHaveProperty('ca')
  })
})

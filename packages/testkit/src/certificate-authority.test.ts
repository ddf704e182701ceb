import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { certificateAuthority } from './certificate-authority.js'

const authority = certificateAuthority()
const root = new X509Certificate(authority.cert)
const identity = authority.issue(['db.example.test', 'localhost', '127.0.0.1'])
const issued = new X509Certificate(identity.cert)

test('a certificate is for its names and addresses, and for no other', () => {
  expect(issued.checkHost('db.example.test')).toBe('db.example.test')
  expect(issued.checkHost('localhost')).toBe('localhost')
  expect(issued.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(issued.checkHost('other.example.test')).toBeUndefined()
  expect(issued.checkIP('127.0.0.2')).toBeUndefined()
})

test('a certificate is signed by its authority, and by no other', () => {
  expect(issued.checkIssued(root)).toBe(true)
  expect(issued.verify(root.publicKey)).toBe(true)
  expect(issued.verify(new X509Certificate(certificateAuthority().cert).publicKey)).toBe(false)
})

test('a certificate belongs to its key and is valid now', () => {
  expect(issued.checkPrivateKey(createPrivateKey(identity.key))).toBe(true)
  expect(Date.parse(issued.validFrom)).toBeLessThan(Date.now())
  expect(Date.parse(issued.validTo)).toBeGreaterThan(Date.now())
})

test('only the authority may issue', () => {
  expect([root.ca, issued.ca]).toEqual([true, false])
})

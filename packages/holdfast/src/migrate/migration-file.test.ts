import { describe, expect, test } from 'vitest'
import { parseMigration } from './migration-file.js'
import { positionAt } from './migration-file-error.js'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a file name', () => {
  test.each(['0001_users.sql', '9999_a.sql', '0010_add-index_2.sql'])('%s is accepted', name => {
    expect(parseMigration(name, bytes('SELECT 1')).name).toBe(name)
  })

  test.each([
    '1_users.sql',
    '00001_users.sql',
    '0000_users.sql',
    '0001-users.sql',
    '0001_.sql',
    '0001_Users.sql',
    '0001_users.SQL',
    'users.sql',
    '0001_ünique.sql',
    '0001_users .sql',
  ])('%s is refused, and the error says what is expected', name => {
    expect(() => parseMigration(name, bytes('SELECT 1'))).toThrow(/expected a name like NNNN_name\.sql/)
  })
})

describe('a file text', () => {
  test('is the same with CRLF or LF line ends and with or without a byte-order mark', () => {
    const plain = parseMigration('0001_a.sql', bytes('SELECT 1;\nSELECT 2;\n'))
    const windows = parseMigration('0001_a.sql', bytes('\uFEFFSELECT 1;\r\nSELECT 2;\r\n'))
    expect(windows).toEqual(plain)
    expect(windows.text).toBe('SELECT 1;\nSELECT 2;\n')
  })

  test('with another letter has another checksum', () => {
    const one = parseMigration('0001_a.sql', bytes('SELECT 1'))
    expect(one.checksum).toMatch(/^[0-9a-f]{64}$/)
    expect(parseMigration('0001_a.sql', bytes('SELECT 2')).checksum).not.toBe(one.checksum)
  })

  test('with a NUL character is refused, because the server would silently run only what stands before it', () => {
    expect(() => parseMigration('0001_a.sql', bytes('SELECT 1;\n  \0SELECT 2'))).toThrow(
      '0001_a.sql, line 2, column 3: a NUL character',
    )
  })

  test('that is not UTF-8 is refused', () => {
    expect(() => parseMigration('0001_a.sql', Uint8Array.of(0xff, 0xfe, 0x53, 0x00))).toThrow(/UTF-8/)
  })

  test.each(['', ' \n\t\n', '-- only\n-- comments\n'])('without any SQL (%j) is refused', text => {
    expect(() => parseMigration('0001_a.sql', bytes(text))).toThrow(/expected SQL/)
  })
})

describe('the directive in the first line', () => {
  test.each(['--! no-transaction\nSELECT 1', '--!no-transaction  \r\nSELECT 1'])('%j is understood', text => {
    expect(parseMigration('0001_a.sql', bytes(text)).transactional).toBe(false)
  })

  test('anywhere else is a comment', () => {
    expect(parseMigration('0001_a.sql', bytes('SELECT 1;\n--! no-transaction\n')).transactional).toBe(true)
  })

  test('that is unknown is refused', () => {
    expect(() => parseMigration('0001_a.sql', bytes('--! no-transactoin\nSELECT 1'))).toThrow(
      /unknown directive.*no-transaction/,
    )
  })
})

describe('a position', () => {
  test('counts characters as the server does, an emoji as one', () => {
    expect(positionAt('😀x\nab', 2)).toEqual({ line: 1, column: 2 })
    expect(positionAt('😀x\nab', 5)).toEqual({ line: 2, column: 2 })
  })
})

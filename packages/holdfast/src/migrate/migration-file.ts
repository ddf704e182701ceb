import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MigrationError } from '../base/errors.js'
import { readDirectives } from './directives.js'
import { MigrationFileError, positionAt } from './migration-file-error.js'

/** One numbered SQL file, ready to be sent. */
export interface MigrationFile {
  /** The file's name: `0001_create_users.sql`. */
  readonly name: string
  readonly number: number
  /** The file with LF line ends and without a byte-order mark: what the server gets, in one piece. */
  readonly text: string
  /** SHA-256 of {@link text}, in hexadecimal. */
  readonly checksum: string
  /** `false` after the directive `--! no-transaction`: one statement, sent alone. */
  readonly transactional: boolean
  /** `true` after the directive `--! breaking`: code that does not have the file must not work on its schema. */
  readonly breaking: boolean
}

const NAME = /^(\d{4})_[a-z0-9][a-z0-9_-]*\.sql$/
const NAME_EXPECTED = "NNNN_name.sql: four digits from 0001, '_', then lower-case letters, digits, '_' or '-'"

/**
 * Reads the migrations of a folder, by number. Files that do not end in `.sql` are left alone.
 *
 * @throws MigrationError when the folder cannot be read or holds no migration, and a
 * {@link MigrationFileError} for a wrong name, a number used twice, or a text that is not plain UTF-8 SQL
 */
export async function readMigrations(directory: string | URL): Promise<readonly MigrationFile[]> {
  const path = typeof directory === 'string' ? directory : fileURLToPath(directory)
  const names = (await listFolder(path)).filter(name => name.toLowerCase().endsWith('.sql')).sort()
  if (names.length === 0) {
    throw new MigrationError(
      'HOLDFAST_MIGRATION',
      `No migrations in "${path}": expected files ${NAME_EXPECTED}.`,
    )
  }
  const files = await Promise.all(names.map(async name => parseMigration(name, await readOne(path, name))))
  refuseDuplicates(files)
  return files
}

/**
 * Checks one file and makes it ready.
 *
 * @throws MigrationFileError for a wrong name, bytes that are not UTF-8, a NUL character, an unknown directive
 * or no SQL at all
 */
export function parseMigration(name: string, bytes: Uint8Array): MigrationFile {
  const number = numberOf(name)
  const text = decode(name, bytes).replaceAll('\r\n', '\n')
  const nul = text.indexOf('\0')
  if (nul !== -1) {
    const position = positionAt(text, Array.from(text.slice(0, nul)).length + 1)
    throw new MigrationFileError(name, 'a NUL character, at which PostgreSQL would stop reading.', {
      position,
    })
  }
  if (isBlank(text))
    throw new MigrationFileError(name, 'expected SQL, given nothing but comments and spaces.')
  const checksum = createHash('sha256').update(text, 'utf8').digest('hex')
  const directives = readDirectives(name, text)
  return Object.freeze({
    name,
    number,
    text,
    checksum,
    transactional: !directives.has('no-transaction'),
    breaking: directives.has('breaking'),
  })
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (cause) {
    throw new MigrationError('HOLDFAST_MIGRATION', `The migrations folder "${path}" cannot be read.`, {
      cause,
    })
  }
}

async function readOne(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name))
  } catch (cause) {
    throw new MigrationFileError(name, 'the file cannot be read.', { cause })
  }
}

function numberOf(name: string): number {
  const number = Number(NAME.exec(name)?.[1] ?? 0)
  if (number === 0) throw new MigrationFileError(name, `expected a name like ${NAME_EXPECTED}.`)
  return number
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    // A leading byte-order mark is dropped by the decoder, so that it reaches neither server nor checksum.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new MigrationFileError(name, 'expected UTF-8 text, given other bytes.', { cause })
  }
}

function isBlank(text: string): boolean {
  return text.split('\n').every(line => /^\s*(--.*)?$/.test(line))
}

function refuseDuplicates(files: readonly MigrationFile[]): void {
  for (const [index, file] of files.entries()) {
    const before = files[index - 1]
    if (before?.number === file.number) {
      throw new MigrationFileError(
        file.name,
        `has the same number as ${before.name}; each number may stand once.`,
      )
    }
  }
}

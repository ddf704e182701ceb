import { type ErrorDetails, MigrationError } from '../base/errors.js'

/** Where in a file something is: both from 1, `column` counted in characters. */
export interface FilePosition {
  readonly line: number
  readonly column: number
}

/** What a {@link MigrationFileError} knows besides its message. */
export interface MigrationFileDetails extends ErrorDetails {
  readonly position?: FilePosition | undefined
  /** PostgreSQL's error code, when the server refused the file. */
  readonly sqlState?: string | undefined
}

/** One migration file is wrong, was changed, or failed. The message starts with its name. */
export class MigrationFileError extends MigrationError {
  readonly file: string
  readonly line: number | undefined
  readonly column: number | undefined
  readonly sqlState: string | undefined

  constructor(file: string, problem: string, details: MigrationFileDetails = {}) {
    super('HOLDFAST_MIGRATION', `${file}${placeOf(details.position)}: ${problem}`, details)
    this.file = file
    this.line = details.position?.line
    this.column = details.position?.column
    this.sqlState = details.sqlState
  }
}

function placeOf(position: FilePosition | undefined): string {
  return position === undefined ? '' : `, line ${position.line}, column ${position.column}`
}

/**
 * Line and column of a character in a text.
 *
 * @param offset the character's number from 1, as the server counts them: code points, not UTF-16 units
 */
export function positionAt(text: string, offset: number): FilePosition {
  const before = Array.from(text).slice(0, offset - 1)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.reduce((count, character) => (character === '\n' ? count + 1 : count), 1)
  return { line, column: before.length - lineStart + 1 }
}

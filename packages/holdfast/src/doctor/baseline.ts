import { OptionsError } from '../base/errors.js'
import type { DoctorReport } from './report.js'

/** The text of a baseline file: what is known now, so that only what is new fails. */
export function writeBaseline({ keys }: DoctorReport): string {
  return `${JSON.stringify({ version: 1, known: [...new Set(keys)].sort() }, null, 2)}\n`
}

/**
 * The findings that a baseline file knows, for the option `baseline`.
 *
 * @throws OptionsError when the text is no baseline
 */
export function readBaseline(text: string): readonly string[] {
  const known = knownIn(text)
  if (Array.isArray(known) && known.every(key => typeof key === 'string')) return known
  throw new OptionsError(
    'baseline',
    'a file that the doctor wrote, {"version": 1, "known": [...]}',
    'another text',
  )
}

function knownIn(text: string): unknown {
  try {
    const parsed = JSON.parse(text) as { version?: unknown; known?: unknown } | null
    return parsed?.version === 1 ? parsed.known : undefined
  } catch {
    return undefined
  }
}

import { readFile, writeFile } from 'node:fs/promises'
import { type DoctorReport, readBaseline, writeBaseline } from '../index.js'
import type { CommandContext } from './command.js'
import { UsageError } from './usage-error.js'

/**
 * What the file of `--baseline` knows.
 *
 * @throws UsageError when there is no such file, unless it is about to be written; OptionsError when it is no baseline
 */
export async function baselineOf({ options }: CommandContext): Promise<readonly string[]> {
  const [file, update] = [options.text('baseline'), options.flag('update-baseline')]
  if (update && file === undefined) throw new UsageError('--update-baseline needs --baseline FILE.')
  if (file === undefined || update) return []
  try {
    return readBaseline(await readFile(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new UsageError(`There is no file "${file}" yet: write it with --update-baseline.`)
  }
}

/** Writes the baseline where that was asked for. @returns whether it was */
export async function keepBaseline(
  { options, output }: CommandContext,
  report: DoctorReport,
): Promise<boolean> {
  const file = options.text('baseline')
  if (file === undefined || !options.flag('update-baseline')) return false
  await writeFile(file, writeBaseline(report))
  output.note(`${report.keys.length} findings are known from now on: ${file}`)
  return true
}

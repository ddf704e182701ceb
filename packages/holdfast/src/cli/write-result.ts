import { writeFile } from 'node:fs/promises'
import type { CommandContext } from './command.js'

/** Writes a result of several lines to standard output, or into the file of `--output`. */
export async function writeResult({ options, output }: CommandContext, text: string): Promise<void> {
  const file = options.text('output')
  if (file === undefined) return output.line(text.trimEnd())
  await writeFile(file, text.endsWith('\n') ? text : `${text}\n`)
  output.note(`written: ${file}`)
}

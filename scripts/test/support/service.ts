import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Command, runLine, type Surroundings } from './terminal.js'

/** What one `curl` was answered. */
export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the tests are about what is in it
  readonly body: any
}

/** Waits for the address that a start prints. @throws Error with its output when it ends before */
export async function addressOf(start: Command): Promise<string> {
  const [, address = ''] = await start.printed(/^DIGIS answers on (http:\S+),/m)
  return address
}

/** Makes every `curl` in this home also print the status of the answer, so that its line can stay as it is. */
export function makeCurlTellStatus(home: string): void {
  writeFileSync(join(home, '.curlrc'), 'silent\nshow-error\nwrite-out = "\\n%{http_code}"\n')
}

/** Runs a line with `curl`, as it stands, in a home of {@link makeCurlTellStatus}. */
export async function curl(line: string, surroundings: Surroundings): Promise<Answer> {
  const { code, output } = await runLine(line, surroundings)
  expect({ code, output }).toMatchObject({ code: 0 })
  const [, body = '', status] = /^(.*)\n(\d+)$/s.exec(output) ?? []
  return { status: Number(status), body: JSON.parse(body) }
}

/** Waits for the end of a start that cannot succeed, and for what it says below its progress. */
export async function complaintOf(start: Command): Promise<string> {
  const { code, signal, output } = await start.ended
  expect({ code, signal, output }).toMatchObject({ code: 1, signal: null })
  expect(output).not.toMatch(/^\s+at \S/m)
  return output
}

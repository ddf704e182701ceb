import { shareServer } from '@holdfast/testkit'
import { provideDigisTemplate } from './digis-template.js'

/** Runs once before all test files: one PostgreSQL for the whole run, ended after the last file. */
export default async function setUp(): Promise<() => Promise<void>> {
  const end = await shareServer()
  await provideDigisTemplate()
  return end
}

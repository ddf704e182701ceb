import { shareServer } from '@holdfast/testkit'
import { provideDigisTemplate } from './digis-template.js'

/** Runs before all test files, for each kind of them: one PostgreSQL for the whole run, ended after the last file. */
export default async function setUp(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.HOLDFAST_DIGIS_TEMPLATE !== undefined) return undefined
  const end = await shareServer()
  await provideDigisTemplate()
  return end
}

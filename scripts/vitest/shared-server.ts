import { shareServer } from '@holdfast/testkit'

/** Runs once before all test files: one PostgreSQL for the whole run, ended after the last file. */
export default async function setUp(): Promise<() => Promise<void>> {
  return shareServer()
}

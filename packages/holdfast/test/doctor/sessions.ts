import { type DoctorOptions, doctor } from 'holdfast'
import pg from 'pg'
import { onTestFinished } from 'vitest'

/** A session that ends with the test. */
export async function session(url: string, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'psql', ...config })
  // The server may end it: that is what some tests are about.
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

/** The objects that a check finds, sorted. */
export async function found(client: pg.Client, id: string, options: DoctorOptions = {}): Promise<string[]> {
  const { findings, skipped } = await doctor(client, { only: [id], ...options })
  return skipped.length > 0
    ? skipped.map(({ reason }) => `skipped: ${reason}`)
    : findings.map(({ object }) => object)
}

/** The same database as another role. */
export function as(url: string, role: string, password: string): string {
  const other = new URL(url)
  other.username = role
  other.password = password
  return other.href
}

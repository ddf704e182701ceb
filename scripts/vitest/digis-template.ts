import { migrateDigis } from '@holdfast/digis'
import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'

/**
 * Makes a database with the schema of DIGIS on the shared server, and leaves its name for the test files: copying it takes
 * less than running every migration again.
 */
export async function provideDigisTemplate(): Promise<void> {
  const { url, name } = await temporaryDatabase()
  const pool = new Pool({ connectionString: url, max: 1, name: 'template' })
  await migrateDigis(pool)
  // Nobody may be connected to what is copied.
  await pool.end()
  process.env.HOLDFAST_DIGIS_TEMPLATE = name
}

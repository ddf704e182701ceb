import { readFile } from 'node:fs/promises'
import type { Digis } from '@holdfast/digis'

const LAYOUT = new URL('../../layouts/citus.sql', import.meta.url)

/** The layout for Citus, as far as a PostgreSQL without it goes. */
export async function layOutForCitus(digis: Digis): Promise<void> {
  const text = await readFile(LAYOUT, 'utf8')
  await digis.transaction(tx => tx.query(text))
}

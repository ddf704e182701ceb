import { type Digis, partitionByMonth } from '@holdfast/digis'

/** Sessions by their start and payments by their time, as an installation that has outgrown one table has them. */
export async function partitionEverything({ pool }: Digis): Promise<void> {
  await partitionByMonth(pool, { table: 'sessions', column: 'start_time' })
  await partitionByMonth(pool, { table: 'payments', column: 'created_at' })
}

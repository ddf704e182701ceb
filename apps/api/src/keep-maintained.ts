import { maintainNightly, type QueryRunner } from '@holdfast/digis'
import type { FastifyBaseLogger } from 'fastify'
import { describeError } from './log-problem.js'

const EVERY_MILLIS = 10 * 60_000

/**
 * Asks every ten minutes whether the nightly maintenance of the database is due (partitions ahead and away, daily statistics),
 * and does it then; of several processes one does. What it mended or could not do is logged, a failure too: the next time
 * is another chance.
 *
 * @returns stops asking
 */
export function keepMaintained(pool: QueryRunner, logger: FastifyBaseLogger): () => void {
  const timer = setInterval(() => void maintain(pool, logger), EVERY_MILLIS)
  // It must not keep a process that has nothing else to do.
  timer.unref()
  return () => clearInterval(timer)
}

/** Once, if it is due. Never rejects. */
export async function maintain(pool: QueryRunner, logger: FastifyBaseLogger): Promise<void> {
  try {
    const done = await maintainNightly(pool)
    if (done === undefined) return
    const { partitions, mended, differences } = done
    if (partitions.length > 0) logger.info({ partitions }, 'Partitions were maintained')
    if (mended > 0) logger.warn({ mended, differences }, 'Daily statistics differed and were mended')
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'The nightly maintenance of the database failed')
  }
}

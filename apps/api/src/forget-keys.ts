import type { IdempotencyService } from '@holdfast/digis'
import type { FastifyBaseLogger } from 'fastify'
import { describeError } from './log-problem.js'

const EVERY_MILLIS = 10 * 60_000

/**
 * Deletes idempotency keys that are older than a day, a thousand every ten minutes and more as long as there are so
 * many. A failure is logged, and the next time is another chance.
 *
 * @returns stops it
 */
export function forgetOldKeys(digis: Pick<IdempotencyService, 'forgetOldKeys'>, logger: FastifyBaseLogger) {
  const timer = setInterval(() => {
    forgetAll(digis).catch(error => {
      logger.warn({ error: describeError(error) }, 'Old idempotency keys could not be deleted')
    })
  }, EVERY_MILLIS)
  // It must not keep a process that has nothing else to do.
  timer.unref()
  return () => clearInterval(timer)
}

async function forgetAll(digis: Pick<IdempotencyService, 'forgetOldKeys'>): Promise<void> {
  while ((await digis.forgetOldKeys()) > 0);
}

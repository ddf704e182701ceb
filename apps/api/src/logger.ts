import pino, { type Logger } from 'pino'
import type { Config } from './config.js'
import { describeError } from './log-problem.js'
import { readableLog } from './readable-log.js'

/** JSON lines in production, readable lines elsewhere; both on standard output. */
export function createLogger({ environment, logLevel }: Pick<Config, 'environment' | 'logLevel'>): Logger {
  // No serializer of pino's or Fastify's is used: headers, and with them tokens, never reach the logger.
  const options = { level: logLevel, base: null, serializers: { cause: describeError } }
  // Machines read the log in production, people everywhere else.
  if (environment === 'production') return pino(options)
  return pino(
    options,
    readableLog(line => process.stdout.write(line)),
  )
}

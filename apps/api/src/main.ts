import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigError, readConfig } from './config.js'
import { createLogger } from './logger.js'
import { type Served, serve } from './serve.js'

export { readConfig } from './config.js'
export { type Served, type ServeOptions, serve } from './serve.js'

/** Runs the service as the environment says until a signal stops it. Only here does the process listen to signals. */
async function run(): Promise<void> {
  const config = readConfig(process.env)
  if (config.databaseUrl === undefined) {
    throw new ConfigError(['DATABASE_URL: expected a URL starting with postgres://, given nothing'])
  }
  // Read again by serve() from the same environment; here it is only needed before and after.
  const logger = createLogger(config)
  const served = await serve({ databaseUrl: config.databaseUrl, port: config.port, logger })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // Once: a second signal ends the process at once, as it would without us.
    process.once(signal, () => {
      logger.info({ signal }, 'Stopping')
      void stop(served)
    })
  }
}

/** Ends the process by leaving nothing that keeps it; a failure shows in its exit code. */
async function stop(served: Served): Promise<void> {
  await served.close().catch(fail)
}

/** One line for people; the stack of a mistake in the environment would say nothing. */
function fail(error: unknown): void {
  const { name, message } = error as Error
  process.stderr.write(`${error instanceof ConfigError ? message : `${name}: ${message}`}\n`)
  process.exitCode = 1
}

// Imported by `npm start` and by tests, this file only exports.
const program = process.argv[1]
if (program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url)) await run().catch(fail)

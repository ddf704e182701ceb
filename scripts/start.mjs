import { paint } from './run/terminal.mjs'
import { setUp } from './setup.mjs'

/** Signals that ask us to end: Ctrl-C, a process manager, a closed terminal. */
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
/** npm hands a Ctrl-C on that the terminal has sent us already: two so close together are one. Milliseconds. */
const SAME_SIGNAL = 500

/** @param {import('./run/service.mjs').Service} service */
function stopOnSignal(service) {
  let first = 0
  /** @param {NodeJS.Signals} signal */
  const onSignal = signal => {
    if (first === 0) {
      first = performance.now()
      console.log(paint('dim', `\nStopping (${signal}). Again to hurry.`))
      stop(service)
    } else if (performance.now() - first > SAME_SIGNAL) {
      service.abandon()
      process.exit(130)
    }
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

/** @param {import('./run/service.mjs').Service} service */
async function stop(service) {
  try {
    await service.stop()
    console.log(paint('dim', 'Stopped.'))
    process.exit(0)
  } catch (error) {
    fail(error)
  }
}

/** @param {unknown} error */
function fail(error) {
  const { message, stack } = /** @type {Error} */ (error)
  console.error(`\n${paint('red', message)}`)
  if (process.env.DEBUG) console.error(stack)
  process.exit(1)
}

try {
  await setUp()
  // What it imports exists only once everything is installed and built.
  const { startService } = await import('./run/service.mjs')
  stopOnSignal(await startService(process.env))
} catch (error) {
  fail(error)
}

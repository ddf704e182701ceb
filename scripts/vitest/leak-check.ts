import { dropTemporaryDatabases, trackLeaks } from '@holdfast/testkit'
import { afterAll, afterEach, beforeEach } from 'vitest'

/** Runs around every test on real servers. Hooks end in reverse order, so these see what the test's own hooks left. */
const leaks = trackLeaks()

beforeEach(({ task }) => leaks.beforeTest(`"${task.name}"`))
afterEach(() => leaks.afterTest())
afterAll(async () => {
  try {
    await leaks.afterFile()
  } finally {
    await dropTemporaryDatabases()
  }
})

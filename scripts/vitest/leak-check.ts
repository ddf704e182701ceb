import { cleanUpFile, dropTemporaryDatabases, trackLeaks } from '@holdfast/testkit'
import { afterAll, beforeEach } from 'vitest'

/** Runs around every test on real servers. */
const leaks = trackLeaks(patience())

// What is registered first runs last: after the hooks of the test itself, afterEach and onTestFinished alike.
beforeEach(async ({ task, onTestFinished }) => {
  await leaks.beforeTest(`"${task.name}"`)
  onTestFinished(() => leaks.afterTest())
})

afterAll(async () => {
  try {
    await cleanUpFile()
    await leaks.afterFile()
  } finally {
    await dropTemporaryDatabases()
  }
})

function patience(): { patience?: number } {
  const given = process.env.HOLDFAST_LEAK_PATIENCE
  return given === undefined ? {} : { patience: Number(given) }
}

import { HoldfastError, type HoldfastErrorCode } from 'holdfast'
import { expect, test } from 'vitest'
import { untilAnswered } from './until-answered.js'

/** Time passes only between attempts: each takes one millisecond. */
function trial(end = 1_000) {
  let time = 0
  return { now: () => time++, random: () => 0, end, signal: undefined }
}

function failure(code: HoldfastErrorCode): HoldfastError {
  return new HoldfastError(code, code)
}

/** Fails with each of these, then answers. */
function failing(...codes: HoldfastErrorCode[]) {
  const errors = codes.map(failure)
  return async () => {
    const error = errors.shift()
    if (error !== undefined) throw error
    return 'answer'
  }
}

test('what may pass is tried again', async () => {
  const attempt = failing(
    'HOLDFAST_CONNECT_REFUSED',
    'HOLDFAST_CONNECTION_LOST',
    'HOLDFAST_OUTCOME_UNKNOWN',
    'HOLDFAST_CONNECT_UNREACHABLE',
  )
  expect(await untilAnswered(attempt, trial())).toBe('answer')
})

test.each(['HOLDFAST_POOL_TIMEOUT', 'HOLDFAST_OVERLOADED', 'HOLDFAST_QUERY_TIMEOUT'] as const)(
  '%s is not tried again',
  async code => {
    await expect(untilAnswered(failing(code), trial())).rejects.toMatchObject({ code })
  },
)

test('when no time is left, the last failure is told', async () => {
  const attempt = failing('HOLDFAST_CONNECTION_LOST', 'HOLDFAST_CONNECT_REFUSED')
  await expect(untilAnswered(attempt, trial(3))).rejects.toMatchObject({ code: 'HOLDFAST_CONNECT_REFUSED' })
})

test('a later failure does not hide that an attempt may have been applied', async () => {
  const attempt = failing('HOLDFAST_OUTCOME_UNKNOWN', 'HOLDFAST_POOL_TIMEOUT')
  await expect(untilAnswered(attempt, trial())).rejects.toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN' })
})

test('unless it knows better', async () => {
  const next = failing('HOLDFAST_OUTCOME_UNKNOWN', 'HOLDFAST_POOL_TIMEOUT')
  let runs = 0
  const attempt = async (_: number, onCertain: () => void) => {
    runs += 1
    if (runs === 2) onCertain()
    return next()
  }
  await expect(untilAnswered(attempt, trial())).rejects.toMatchObject({ code: 'HOLDFAST_POOL_TIMEOUT' })
})

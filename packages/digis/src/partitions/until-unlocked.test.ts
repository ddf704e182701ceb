import { expect, test } from 'vitest'
import { untilUnlocked } from './until-unlocked.js'

/** What fails with each of the codes in turn and then succeeds, counting how often it was called. */
function failing(...codes: string[]) {
  const change = async () => {
    change.calls++
    const code = codes.shift()
    if (code !== undefined) throw Object.assign(new Error(code), { code })
    return 'changed'
  }
  change.calls = 0
  return change
}

test.each(['55P03', '40P01'])('a change that met %s is tried again', async code => {
  const change = failing(code, code)
  expect(await untilUnlocked(change, () => 0)).toBe('changed')
  expect(change.calls).toBe(3)
})

test('a change that fails for another reason fails at once', async () => {
  const change = failing('23505')
  await expect(untilUnlocked(change)).rejects.toThrow('23505')
  expect(change.calls).toBe(1)
})

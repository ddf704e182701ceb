import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { machineTime } from './machine-time.js'

test('another process reads the same clock', () => {
  const program = 'process.stdout.write(String(Number(process.hrtime.bigint()) / 1e6))'
  const before = machineTime()
  const inBetween = Number(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }))
  expect(inBetween).toBeGreaterThan(before)
  expect(inBetween).toBeLessThan(machineTime())
})

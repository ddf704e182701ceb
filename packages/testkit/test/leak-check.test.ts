import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')))

test('the test run fails each leaking test and each leaking file, and only those', () => {
  const config = 'packages/testkit/test/fixtures/vitest.config.ts'
  const run = spawnSync(process.execPath, [vitest, 'run', '--config', config, '--reporter=json'], {
    cwd: root,
    encoding: 'utf8',
  })
  const report = JSON.parse(run.stdout.slice(run.stdout.indexOf('{"num')))
  const suites: { name: string; message: string; assertionResults: { title: string; status: string }[] }[] =
    report.testResults
  const results = suites.flatMap(suite => suite.assertionResults.map(({ title, status }) => [title, status]))
  expect(Object.fromEntries(results)).toEqual({
    'leaves a transaction open': 'failed',
    'rejects without anybody listening': 'failed',
    'leaves nothing behind': 'passed',
    'leaves an idle connection': 'passed',
  })
  const leakyFile = suites.find(({ name }) => name.endsWith('leaks-connection.test.ts'))
  expect(leakyFile?.message).toContain('a connection opened during "leaves an idle connection"')
  expect(run.status).not.toBe(0)
})

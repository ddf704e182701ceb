import { existsSync, readFileSync } from 'node:fs'
import { runNode } from './command.mjs'

/**
 * What a test run did. `problems` are failures that are no test: a file that could not be loaded or leaked, an
 * error outside of the tests.
 *
 * @typedef {{ passed: number, failed: number, skipped: string[], problems: string[] }} TestCounts
 */

/**
 * Runs every test, showing its output.
 *
 * @param {string} reportFile where vitest may write its report
 * @param {readonly string[]} args more arguments for vitest
 * @returns {Promise<TestCounts & { output: string }>}
 */
export async function runVitest(reportFile, args) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const { code, output } = await runNode(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args], {
    live: true,
  })
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined
  return { ...countTests(report, code), output }
}

/**
 * @param {{ testResults: { name: string, status: string, assertionResults: { status: string, fullName: string }[] }[] } | undefined} report
 *   vitest's, or nothing when it did not get that far
 * @param {number} code vitest's exit code
 * @returns {TestCounts}
 */
export function countTests(report, code) {
  const files = report?.testResults ?? []
  const tests = files.flatMap(file => file.assertionResults)
  const failed = tests.filter(({ status }) => status === 'failed').length
  const problems = files
    .filter(
      file => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
    )
    .map(file => `The file ${file.name} failed outside of its tests`)
  if (!report) problems.push('The test run ended without a report')
  else if (code !== 0 && failed + problems.length === 0)
    problems.push('There was an error outside of the tests')
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed,
    skipped: tests
      .filter(({ status }) => !['passed', 'failed'].includes(status))
      .map(({ fullName }) => fullName),
    problems,
  }
}

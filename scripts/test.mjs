import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './run/build.mjs'
import { listChecks } from './run/checks.mjs'
import { runNode } from './run/command.mjs'
import { install, isInstalled } from './run/installation.mjs'
import { requireNode } from './run/node-version.mjs'
import { findSecrets } from './run/secrets.mjs'
import { explainMissing, provideSystemServers } from './run/system-servers.mjs'
import { paint, step } from './run/terminal.mjs'
import { runVitest } from './run/vitest-run.mjs'

/** A skipped test is a broken promise where nobody reads the output. */
const isStrict = Boolean(process.env.CI) && process.env.CI !== 'false'

const tally = { passed: 0, failed: 0 }
const printed = []

/**
 * Counts one check as one test. A check that throws has failed, and its message is shown.
 *
 * @param {string} title
 * @param {() => Promise<string | void>} work resolves to what it printed
 */
async function check(title, work) {
  try {
    printed.push((await step(title, work)) ?? '')
    tally.passed += 1
    return true
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    printed.push(message)
    console.error(message)
    tally.failed += 1
    return false
  }
}

/** @param {string[]} args */
async function mustSucceed(args) {
  const { code, output } = await runNode(args)
  if (code !== 0) throw new Error(output.trim())
  return output
}

async function checkServers() {
  const missing = await provideSystemServers()
  for (const server of missing) {
    const explanation = explainMissing(server)
    if (isStrict) await check(`${server.name} is installed`, () => Promise.reject(new Error(explanation)))
    else console.log(paint('yellow', explanation))
  }
}

/** @param {string} folder */
async function runTests(folder) {
  const result = await runVitest(join(folder, 'report.json'), process.argv.slice(2))
  printed.push(result.output)
  tally.passed += result.passed
  tally.failed += result.failed + result.problems.length
  for (const problem of result.problems) console.error(paint('red', problem))
  for (const title of result.skipped) console.log(`Skipped: ${title}`)
  if (isStrict) tally.failed += result.skipped.length
}

/** @param {string} secretsFile */
function checkSecrets(secretsFile) {
  return check('No secret was printed', async () => {
    const { searched, leaks } = findSecrets(secretsFile, printed.join('\n'))
    if (leaks.length > 0) throw new Error(`Secrets were printed:\n${leaks.join('\n')}`)
    return `${searched} secrets were searched for`
  })
}

/** @param {string} folder for the files of this run */
async function testAll(folder) {
  const secretsFile = join(folder, 'secrets')
  process.env.HOLDFAST_SECRETS_FILE = secretsFile
  if (!isInstalled() && !(await check('Installing packages', install))) return
  // Without a build there is nothing to test.
  if (!(await check('Building', build))) return
  for (const { title, args } of listChecks()) await check(title, () => mustSucceed(args))
  await checkServers()
  await runTests(folder)
  await checkSecrets(secretsFile)
}

requireNode()
const folder = mkdtempSync(join(tmpdir(), 'holdfast-run-'))
try {
  await testAll(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = tally.failed > 0 ? 1 : 0
console.log(`${tally.passed} passed, ${tally.failed} failed`)

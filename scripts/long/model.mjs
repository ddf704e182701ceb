import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { asTable } from '../checks/report.mjs'
import { step } from '../run/terminal.mjs'
import { VARIANTS } from './model-variants.mjs'
import { search } from './spin.mjs'

/**
 * `npm run check:model -- [--quick] [--json]`: has Spin examine the model of the coherence protocol, and each way to
 * break it. `--quick` leaves out what takes minutes. The exit code is 1 when an answer is not the expected one.
 *
 * @typedef {import('./model-variants.mjs').Variant} Variant
 * @typedef {Variant & { found: string, states: number, seconds: number }} Result
 */

const given = readArguments()
if (given !== undefined) {
  try {
    const results = await examineAll(VARIANTS.filter(({ tags }) => !given.quick || tags === 1))
    report(results)
  } catch (error) {
    console.error(/** @type {Error} */ (error).message)
    process.exitCode = 1
  }
}

function readArguments() {
  try {
    const { values } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } })
    return values
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\nExpected only: --json, --quick.`)
    process.exitCode = 2
    return undefined
  }
}

/** One after the other: each may take gigabytes. @param {readonly Variant[]} variants */
async function examineAll(variants) {
  /** @type {Result[]} */
  const results = []
  for (const variant of variants) {
    const work = () => examine(variant)
    results.push(given?.json ? work() : await step(variant.name, work))
  }
  return results
}

/** @param {Variant} variant @returns {Result} */
function examine(variant) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-model-'))
  const started = performance.now()
  try {
    const { violated, complete, states } = search(variant, folder)
    const broken = variant.expected === 'reached' ? 'reached' : 'violated'
    const found = violated ? broken : complete ? 'holds' : 'not completed'
    return { ...variant, found, states, seconds: Math.round((performance.now() - started) / 100) / 10 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {Result[]} results */
function report(results) {
  const wrong = results.filter(({ expected, found }) => found !== expected)
  const ok = wrong.length === 0
  if (given?.json) console.log(JSON.stringify({ check: 'model', ok, results }))
  else console.log(`\n${resultTable(results)}\n\n${verdict(wrong)}`)
  process.exitCode = ok ? 0 : 1
}

/** @param {Result[]} results */
function resultTable(results) {
  const rows = results.map(({ name, expected, found, states, seconds }) => [
    name,
    expected,
    found,
    states,
    seconds,
  ])
  return asTable([['variant', 'expected', 'found', 'states', 'seconds'], ...rows])
}

/** @param {Result[]} wrong */
function verdict(wrong) {
  if (wrong.length === 0) return 'model: every answer is the expected one'
  return wrong
    .map(({ name, expected, found }) => `model: "${name}" was expected: ${expected}, found: ${found}`)
    .join('\n')
}

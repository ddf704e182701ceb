import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * @typedef {{ json: boolean, save: boolean, quick: boolean, rounds: number }} BenchmarkOptions
 * @typedef {{ benchmark: string, ok: boolean, broken: string[] }} Outcome what every benchmark's result holds
 */

/**
 * @param {string[]} args
 * @param {{ rounds: number, quickRounds?: number }} defaults the least rounds whose median means something are 7; a
 *   benchmark that has a quick run to see that it works says how many rounds that takes
 * @returns {BenchmarkOptions}
 * @throws {Error} saying what was expected and what was given
 */
export function readOptions(args, { rounds, quickRounds }) {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean' },
      save: { type: 'boolean' },
      rounds: { type: 'string' },
      ...(quickRounds !== undefined && { quick: { type: 'boolean' } }),
    },
  })
  const { json = false, save = false, quick = false, rounds: given } = values
  if (given !== undefined && !(/^\d+$/.test(given) && Number(given) >= 7))
    throw new Error(`--rounds: expected a number from 7 on, given "${given}".`)
  const standard = quick && quickRounds !== undefined ? quickRounds : rounds
  return { json, save, quick, rounds: given === undefined ? standard : Number(given) }
}

/** Without the machine a number means nothing; ratios of one run are what travels. */
export function describeMachine() {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
  }
}

/**
 * Prints a result, saves it if asked to, and sets the exit code: 1 when a promise is broken.
 *
 * @param {Outcome} outcome
 * @param {{ options: BenchmarkOptions, text: string }} how `text` is the table for people
 */
export function publish(outcome, { options, text }) {
  if (options.save) save(outcome)
  const verdict = outcome.ok ? 'Every promise holds.' : `Broken: ${outcome.broken.join('; ')}.`
  console.log(options.json ? JSON.stringify(outcome) : `${text}\n\n${verdict}`)
  process.exitCode = outcome.ok ? 0 : 1
}

/** @param {Outcome} outcome */
function save(outcome) {
  const folder = new URL('results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    fileURLToPath(new URL(`${outcome.benchmark}.json`, folder)),
    `${JSON.stringify(outcome, null, 2)}\n`,
  )
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return 'unknown'
  }
}

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** `npm run bench -- <case> [options]`: builds, then runs `benchmarks/cases/<case>.mjs` with the options. */

const CASES = fileURLToPath(new URL('../benchmarks/cases/', import.meta.url))
/** What benchmarks measure and stand on. */
const PROJECTS = ['packages/holdfast', 'packages/testkit', 'apps/api']

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const COMPILER = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

const [name, ...options] = process.argv.slice(2)
const cases = readdirSync(CASES).map(file => file.replace(/\.mjs$/, ''))
if (name === undefined || !cases.includes(name)) {
  console.error(
    `Expected a benchmark: ${cases.join(', ')}. Given: ${name === undefined ? 'nothing' : `"${name}"`}.`,
  )
  process.exitCode = 2
} else {
  process.exitCode = build() || run([`${CASES}${name}.mjs`, ...options])
}

/** The compiler speaks on standard error, because standard output may have to be one JSON object. */
function build() {
  return exitCode(
    spawnSync(process.execPath, [COMPILER, '-b', ...PROJECTS], { cwd: ROOT, stdio: ['inherit', 2, 2] }),
  )
}

/** @param {string[]} args */
function run(args) {
  return exitCode(spawnSync(process.execPath, ['--expose-gc', ...args], { cwd: ROOT, stdio: 'inherit' }))
}

/** @param {import('node:child_process').SpawnSyncReturns<Buffer>} result */
function exitCode({ status, error }) {
  if (error !== undefined) throw error
  // A process that a signal ended has no status.
  return status ?? 1
}

import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installArchives, packAll, REPOSITORY, temporaryFolder } from './installed-archives.js'

const run = promisify(execFile)

let project: string
let url: string
let remove: () => Promise<void>

beforeAll(async () => {
  const temporary = await temporaryFolder()
  remove = temporary.remove
  project = await installArchives(temporary.folder, await packAll(temporary.folder))
  url = (await temporaryDatabase()).url
})
afterAll(() => remove())

/** What a program of the project printed: one JSON value, and no warning of any kind. */
async function output(program: string, words: readonly string[] = []): Promise<unknown> {
  const env = { PATH: process.env.PATH, DATABASE_URL: url }
  const { stdout, stderr } = await run(process.execPath, [join(project, program), ...words], {
    cwd: project,
    env,
    timeout: 30_000,
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** Compiles files of the project: strict, and the declaration files of the packages are checked as well. */
async function compile(files: readonly string[], compilerOptions: Record<string, unknown>): Promise<void> {
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: ['node'] }
  const options = { target: 'ES2022', lib: ['ES2023'], ...strict, ...compilerOptions }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
  const compiler = join(dirname(await typescriptManifest()), 'bin/tsc')
  const { stdout } = await run(process.execPath, [compiler, '--pretty', 'false', '-p', '.'], {
    cwd: project,
  }).catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
}

async function typescriptManifest(): Promise<string> {
  const manifest = join(REPOSITORY, 'node_modules/typescript/package.json')
  expect(JSON.parse(await readFile(manifest, 'utf8')).name).toBe('typescript')
  return manifest
}

const NODENEXT = { module: 'NodeNext' }
const BUNDLER = { module: 'ESNext', moduleResolution: 'bundler', noEmit: true }

describe('a program with the packed archives installed', () => {
  test('in CommonJS requires holdfast and queries, without a warning', async () => {
    expect(await output('commonjs.cjs')).toEqual({ answer: 42, error: 'PoolTimeoutError' })
  })

  test('in CommonJS requires @holdfast/digis/db in place of its old module, and queries', async () => {
    expect(await output('commonjs-digis.cjs')).toEqual({ answer: 42, connected: true, totalCount: 1 })
  })

  test('in CommonJS requires @holdfast/digis/db-with-cache in place of its old module, and is cached', async () => {
    const expected = { queries: [1, 0], bio: 'Tango', cacheEnabled: true, kept: { a: 1 }, client: null }
    expect(await output('commonjs-digis-with-cache.cjs')).toEqual(expected)
  })

  test('has the command holdfast, which applies its migrations', async () => {
    const folder = join(project, 'migrations')
    await mkdir(folder)
    await writeFile(join(folder, '0001_a.sql'), 'CREATE TABLE a ()')
    const manifest = JSON.parse(await readFile(join(project, 'node_modules/holdfast/package.json'), 'utf8'))
    expect(
      await output(join('node_modules/holdfast', manifest.bin.holdfast), ['migrate', 'up', '--json']),
    ).toEqual({
      ok: true,
      applied: ['0001_a.sql'],
      total: 1,
      newer: [],
    })
  })

  test('in JavaScript imports holdfast and runs a transaction', async () => {
    expect(await output('module.mjs')).toEqual({ answer: 42 })
  })

  test('in TypeScript, as an ES module, compiles and runs', async () => {
    await compile(['typed.mts'], NODENEXT)
    const expected = { answer: 42, nested: 'yes', refused: 'string', totalCount: 1, counted: true }
    expect(await output('typed.mjs')).toEqual(expected)
  })

  test('in TypeScript, as CommonJS, compiles and runs', async () => {
    await compile(['typed-commonjs.cts'], NODENEXT)
    expect(await output('typed-commonjs.cjs')).toEqual({ answer: 42 })
  })

  test('in TypeScript compiles for a bundler', async () => {
    await compile(['typed.mts', 'typed-commonjs.cts'], BUNDLER)
  })

  test('finds types and code behind every public entry', async () => {
    await compile(['typed-all.mts'], NODENEXT)
    expect(await output('typed-all.mjs')).toEqual([true, true, true, true, true, true])
  })
})

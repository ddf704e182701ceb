import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './command.mjs'
import { step } from './terminal.mjs'

/**
 * A server, or another program, that the tests need and npm cannot bring.
 *
 * @typedef {{ name: string, program: string, aptPackage: string, elsewhere: string, neededFor: string }} SystemServer
 */

/** @type {readonly SystemServer[]} */
export const SYSTEM_SERVERS = [
  {
    name: 'Redis',
    program: 'redis-server',
    aptPackage: 'redis-server',
    elsewhere: 'brew install redis, apk add redis or dnf install redis',
    neededFor: 'the tests that start a real Redis',
  },
  {
    name: 'PgBouncer',
    program: 'pgbouncer',
    aptPackage: 'pgbouncer',
    elsewhere: 'brew install pgbouncer, apk add pgbouncer or dnf install pgbouncer',
    neededFor: 'the tests that start a real PgBouncer',
  },
  {
    name: 'psql',
    program: 'psql',
    aptPackage: 'postgresql-client',
    elsewhere: 'brew install libpq, apk add postgresql-client or dnf install postgresql',
    neededFor: 'the tests of the file that operators pipe into psql',
  },
  {
    name: 'Prometheus',
    program: 'prometheus',
    aptPackage: 'prometheus',
    elsewhere: 'brew install prometheus, apk add prometheus or dnf install golang-github-prometheus',
    neededFor: 'the tests of what Prometheus scrapes, and of its rules',
  },
  {
    name: 'Chromium',
    program: 'chromium',
    aptPackage: 'chromium',
    elsewhere: 'brew install chromium, apk add chromium or dnf install chromium',
    neededFor: 'the tests that look from a real browser',
  },
]

/**
 * Installs missing servers where that can be done unasked: as root on Debian or Ubuntu.
 *
 * @returns {Promise<SystemServer[]>} those that are still missing
 */
export async function provideSystemServers() {
  const missing = SYSTEM_SERVERS.filter(isMissing)
  if (missing.length > 0 && process.getuid?.() === 0 && isOnPath('apt-get')) await installWithApt(missing)
  return SYSTEM_SERVERS.filter(isMissing)
}

/**
 * @param {SystemServer} server
 * @returns {string} what is skipped, why, and what to do about it
 */
export function explainMissing({ name, program, aptPackage, elsewhere, neededFor }) {
  return (
    `${name} is not installed (no ${program} on the PATH), so ${neededFor} are skipped. ` +
    `Install it: apt-get install ${aptPackage} on Debian and Ubuntu; elsewhere ${elsewhere}.`
  )
}

/** @param {SystemServer} server */
function isMissing({ program }) {
  return !isOnPath(program)
}

/** @param {SystemServer[]} servers */
async function installWithApt(servers) {
  const packages = servers.map(({ aptPackage }) => aptPackage)
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  await step(
    `Installing ${packages.join(', ')} with apt-get, for ${servers.map(each => each.neededFor).join(', ')}`,
    async () => {
      await run('apt-get', ['update'], { env })
      // At run level 1 the package does not start the server as a service of the machine.
      const { code, output } = await run(
        'apt-get',
        ['install', '-y', '--no-install-recommends', ...packages],
        { env },
      )
      if (code !== 0) console.error(output.trim().split('\n').slice(-5).join('\n'))
    },
  )
}

/**
 * Also where systems put servers, and where the PATH of ordinary users often does not lead.
 *
 * @param {string} program
 */
function isOnPath(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

import { execFile } from 'node:child_process'
import { appendFileSync, chownSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { ServerAccount } from './server-account.js'

const run = promisify(execFile)

/** A running server whose data a standby starts with. */
export interface StandbySource {
  /** Its data folder. */
  readonly data: string
  /** The superuser's URL. */
  readonly url: string
  readonly password: string
}

/** What is left out of the copy: the standby gets its WAL by streaming, and these files tell of the running process. */
const NOT_COPIED = ['postmaster.pid', 'postmaster.opts', 'standby.signal']

/**
 * Copies the data of a running server with the server's low-level backup functions (there is no pg_basebackup among
 * the embedded programs) and makes a hot standby of the copy.
 */
export async function copyForStandby(
  source: StandbySource,
  target: string,
  account: ServerAccount,
): Promise<void> {
  const label = await backup(source.url, () => copyFolder(source.data, target, account))
  for (const name of NOT_COPIED) await rm(join(target, name), { force: true })
  await run('/bin/sh', ['-c', 'rm -rf "$1/pg_wal" && mkdir -m 700 "$1/pg_wal"', 'sh', target], {
    ...account,
    cwd: '/',
  })
  writeOwned(join(target, 'backup_label'), label, account)
  writeOwned(join(target, 'standby.signal'), '', account)
  appendFileSync(
    join(target, 'postgresql.auto.conf'),
    `primary_conninfo = '${primaryConnection(source.url)}'\n`,
  )
}

/** Where a standby streams from, as libpq reads it. */
export function primaryConnection(url: string): string {
  const { hostname, port, username, password } = new URL(url)
  return `host=${hostname} port=${port} user=${username} password=${password}`
}

/** Runs the copying between the two halves of a backup; the session has to stay open meanwhile. */
async function backup(url: string, copy: () => Promise<void>): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("SELECT pg_backup_start('standby', fast => true)")
    await copy()
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)')
    return rows[0].labelfile
  } finally {
    await client.end()
  }
}

/** A file that vanishes while a running server's data are copied is mended by the WAL. */
async function copyFolder(from: string, to: string, account: ServerAccount): Promise<void> {
  await run('cp', ['-R', from, to], { ...account, cwd: '/', env: { ...process.env, LC_ALL: 'C' } }).catch(
    error => {
      const complaints = String(error.stderr).trim().split('\n')
      if (!complaints.every(line => line.endsWith('No such file or directory'))) throw error
    },
  )
}

function writeOwned(path: string, content: string, account: ServerAccount): void {
  writeFileSync(path, content, { mode: 0o600 })
  if (account) chownSync(path, account.uid, account.gid)
}

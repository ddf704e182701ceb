import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Child, runProgram } from './child.js'

/** Namespaces of its own: root has the right to them, anybody else through a namespace of users. */
const UNSHARE = ['unshare', process.getuid?.() === 0 ? '-nm' : '-rnm'] as const

/** The networks of our own that this machine lets us have: one, or none in some containers. */
export const PRIVATE_NETWORKS: readonly string[] = hasNamespaces() ? ['a network of its own'] : []

function hasNamespaces(): boolean {
  return spawnSync(UNSHARE[0], [UNSHARE[1], 'ip', 'link', 'set', 'lo', 'up']).status === 0
}

/** In the network: nothing but itself, and names by a file that only it sees. */
const ENTER = 'ip link set lo up && mount --bind "$HOSTS" /etc/hosts && exec "$0" -e "$SCRIPT"'

/**
 * Runs a script in a network of its own, in which the server of `url` is behind the path in `RELAY` (a Unix socket), and
 * names are looked up in the file `HOSTS` and nowhere else. Nothing outside of it changes.
 */
export async function runInPrivateNetwork(script: string, url: string): Promise<Child> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-network-'))
  const [hosts, relay] = [join(folder, 'hosts'), join(folder, 'relay')]
  writeFileSync(hosts, '')
  const { port, hostname } = new URL(url)
  const server = net.createServer(socket => {
    const onward = net.connect(Number(port), hostname)
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>(resolve => server.listen(relay, resolve))
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const program = [...UNSHARE, 'sh', '-c', ENTER, process.execPath]
  return runProgram(program, { URL: url, HOSTS: hosts, RELAY: relay, SCRIPT: script })
}

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that operating systems give to outgoing connections: one of those could take the port while its
 * server is being restarted.
 */
const LOWEST = 20_000
const HIGHEST = 32_000

/**
 * A TCP port on 127.0.0.1 that nothing listened on a moment ago. Another process may take it before the caller
 * does, so a caller that can must try again with a new port when binding fails.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  const isListening = await once(probe, 'listening').then(
    () => true,
    () => false,
  )
  if (!isListening) return false
  probe.close()
  await once(probe, 'close')
  return true
}

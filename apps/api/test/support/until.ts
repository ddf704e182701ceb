import { setTimeout as delay } from 'node:timers/promises'

const PATIENCE = 60_000
const POLL = 20

/** Waits until `look` finds what is wanted, for what no event tells. @throws when that takes more than a minute */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`Not within a minute: ${what}`)
    await delay(POLL)
  }
}

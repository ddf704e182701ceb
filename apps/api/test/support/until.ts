import { setTimeout as delay } from 'node:timers/promises'

const PATIENCE = 10_000
const POLL = 20

/** Waits until `look` finds what is wanted, for what no event tells. @throws when that takes more than ten seconds */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`Not within ten seconds: ${what}`)
    await delay(POLL)
  }
}

import { openBentocache } from './open-bentocache.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'redis', 'both']
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'both'

/** @type {import('./rival.mjs').Rival['open']} */
export function open(setup) {
  return openBentocache(setup, {})
}

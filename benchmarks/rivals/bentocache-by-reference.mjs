import { openBentocache } from './open-bentocache.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory']

/** `serialize: false`: faster, and all callers share one object. */
/** @type {import('./rival.mjs').Rival['open']} */
export function open(setup) {
  return openBentocache(setup, { serialize: false })
}

import type { Clock } from '../base/clock.js'
import type { TextPlan } from '../sql/plan.js'
import type { CacheCounters } from './cache-stats.js'
import type { Definitions, Knowledge } from './definitions.js'
import type { Marker } from './marker.js'
import type { Orphans } from './orphans.js'
import type { GuardContext } from './write-guard.js'

/** What the guards are served from. */
export interface GuardContextParts {
  readonly clock: Clock
  readonly definitions: Definitions
  readonly marker: Marker
  readonly orphans: Orphans
  readonly counters: CacheCounters
}

/** A text that nobody can read: a prepared statement called by its name alone. */
const UNREADABLE: TextPlan = {
  kind: 'opaque',
  markAtOnce: true,
  changesDefinitions: false,
  changesSession: false,
  detail: 'a statement without its text',
}

/** What all guards of a cache share. */
export function guardContext({
  clock,
  definitions,
  marker,
  orphans,
  counters,
}: GuardContextParts): GuardContext {
  // While they are read again, what was known last is what a statement under way goes by.
  const known = (): Knowledge => {
    const knowledge = definitions.knowledge ?? definitions.latest
    if (knowledge === undefined) throw new Error('Bug: a guard works without definitions')
    return knowledge
  }
  return {
    clock,
    ready: async ask => void (await definitions.readyThrough(ask)),
    get session() {
      return definitions.latest?.session
    },
    get known() {
      return definitions.knowledge !== undefined
    },
    planOf: text => (text === undefined ? UNREADABLE : known().statements.of(text).plan),
    get tables() {
      return known().catalog.tables
    },
    get counting() {
      return known().counting
    },
    mark: request => {
      counters.invalidations += request.names.length
      const tables = [...known().schemas].map(([name, schema]) => ({ name, schema }))
      return marker.mark({ ...request, tables })
    },
    definitionsChanged: async ask => {
      if (ask === undefined) definitions.forget()
      else await definitions.refresh(ask)
    },
    resolveKept: () => void orphans.resolve().catch(() => undefined),
  }
}

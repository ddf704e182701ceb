import type { TextPlan } from '../sql/plan.js'
import type { CacheCounters } from './cache-stats.js'
import type { Definitions, Knowledge } from './definitions.js'
import type { Marker } from './marker.js'
import type { Orphans } from './orphans.js'
import type { GuardContext } from './write-guard.js'

/** What the guards are served from. */
export interface GuardContextParts {
  readonly definitions: Definitions
  readonly marker: Marker
  readonly orphans: Orphans
  readonly counters: CacheCounters
}

/** A text that nobody can read: a prepared statement called by its name alone. */
const UNREADABLE: TextPlan = {
  kind: 'opaque',
  changesDefinitions: false,
  changesSession: false,
  detail: 'a statement without its text',
}

/** What all guards of a cache share. */
export function guardContext({ definitions, marker, orphans, counters }: GuardContextParts): GuardContext {
  const known = (): Knowledge => {
    const { knowledge } = definitions
    if (knowledge === undefined) throw new Error('Bug: a guard works without definitions')
    return knowledge
  }
  return {
    ready: async () => void (await definitions.ready()),
    planOf: text => (text === undefined ? UNREADABLE : known().statements.of(text).plan),
    get tables() {
      return known().catalog.tables
    },
    get countsStatement() {
      return known().countsStatement
    },
    mark: request => {
      counters.invalidations += request.names.length
      const tables = [...known().schemas].map(([name, schema]) => ({ name, schema }))
      return marker.mark({ ...request, tables })
    },
    definitionsChanged: async () => void (await definitions.refresh()),
    resolveKept: () => void orphans.resolve().catch(() => undefined),
  }
}

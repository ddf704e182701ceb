import { fromClause } from './from-clause.js'
import type { Handler, Place } from './walk.js'
import { withClause } from './with-clause.js'

const WALKED = ['withClause', 'fromClause']

/** A SELECT, a VALUES list, or a combination of them by UNION, INTERSECT and EXCEPT. */
export const selectHandler: Handler = (body, outside, walk) => {
  const place: Place = { ...outside, withNames: withClause(body.withClause, outside, walk) }
  if (body.lockingClause !== undefined) {
    place.findings.refuse('row-locks', 'It locks rows, which only the server can do')
  }
  if (body.intoClause !== undefined) place.findings.writes = true
  const scope = { ...fromClause(body.fromClause, { place, walk }), outer: place.scope }
  place.findings.scopes.set(body, scope)
  if (body.whereClause !== undefined) {
    // It decides for all items of this FROM, and for none of the queries around it: there it may stand under a NOT.
    const own = new Set(scope.sources.values())
    place.constraints.add({ node: body.whereClause, scope, binds: source => own.has(source) })
  }
  walk.fields('SelectStmt', body, { ...place, scope, except: WALKED })
}

import { Constraints } from './constraints.js'
import { fromClause } from './from-clause.js'
import type { Handler, Place } from './walk.js'
import { withClause } from './with-clause.js'

const WALKED = ['withClause', 'fromClause']

/** A SELECT, a VALUES list, or a combination of them by UNION, INTERSECT and EXCEPT. */
export const selectHandler: Handler = (body, outside, walk) => {
  const place: Place = { ...outside, withNames: withClause(body.withClause, outside, walk), scope: undefined }
  if (body.lockingClause !== undefined) {
    place.findings.refuse('row-locks', 'It locks rows, which only the server can do')
  }
  if (body.intoClause !== undefined) place.findings.writes = true
  const constraints = new Constraints(place.catalog)
  const scope = fromClause(body.fromClause, { place, walk, constraints })
  // What binds nothing excludes nothing; WHERE decides for all items of FROM.
  if (body.whereClause !== undefined) constraints.add({ node: body.whereClause, scope, binds: () => true })
  walk.fields('SelectStmt', body, { ...place, scope, except: WALKED })
  constraints.settle()
}

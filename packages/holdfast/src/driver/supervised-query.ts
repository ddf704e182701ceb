import pg, { type Connection } from 'pg'
import type { QueryRequest } from '../base/execute.js'

/** A query that remembers whether its bytes went out: the ground of every answer to "may I retry?". */
export class SupervisedQuery extends pg.Query {
  /** pg calls it with an error or a result; after an error in binding parameters, twice. */
  declare callback: (error: Error | null, result?: unknown) => void
  declare readonly values: unknown[] | undefined
  /** Whether pg has taken it from its queue. */
  submitted = false
  /** Whether bytes were written to a socket that was open. */
  sent = false

  constructor(request: QueryRequest) {
    super(request.config, request.values as never)
  }
}

const { submit } = pg.Query.prototype

// On the prototype and not in the class body: pg's types declare `submit` as a property.
SupervisedQuery.prototype.submit = function (this: SupervisedQuery, connection: Connection) {
  this.submitted = true
  this.sent = connection.stream.writable
  return submit.call(this, connection)
}

import type { Client } from 'pg'
import { type ConnectedTo, QUERY_CHANNEL, type QueryContext } from '../base/channels.js'
import type { QueryRequest, Result } from '../base/execute.js'
import { internals } from './pg-internals.js'
import type { Outcome } from './running-query.js'

/** Runs a request and publishes its begin and end on `pg:query`. Only for when somebody subscribes. */
export function publishQuery(
  client: Client,
  request: QueryRequest,
  { outcome, run }: { outcome: Outcome; run: (outcome: Outcome) => void },
): void {
  const settled = () =>
    new Promise<QueryContext['result']>((resolve, reject) => {
      run({
        resolve: result => {
          resolve(summaryOf(result))
          outcome.resolve(result)
        },
        reject: error => {
          reject(error)
          outcome.reject(error)
        },
      })
    })
  QUERY_CHANNEL.tracePromise(settled, contextOf(client, request)).catch(() => undefined)
}

/** Where a client is connected to, as the contexts of the channels say it. */
export function connectedTo(client: Client): ConnectedTo {
  const { database, host, port, user } = client
  return { database, host, port, user, ssl: Boolean(client.ssl) }
}

function contextOf(client: Client, { config }: QueryRequest): QueryContext {
  const { text, name } = typeof config === 'string' ? { text: config } : config
  return { query: { text, name }, client: { ...connectedTo(client), processID: internals(client).processID } }
}

/** Of several results, the last. */
function summaryOf(result: Result): QueryContext['result'] {
  const last = Array.isArray(result) ? (result as Result[]).at(-1) : result
  return last && { rowCount: last.rowCount, command: last.command }
}

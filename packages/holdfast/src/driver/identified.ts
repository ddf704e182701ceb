import type { QueryFrame, QueryRequest } from '../base/execute.js'

/**
 * A request as it has to be sent to run with its identity: alone, in a transaction of its own around it, in the same
 * flush; a BEGIN with the identity behind it. Inside a transaction, which has begun in this way, it stays as it is.
 */
export function identified(request: QueryRequest, outsideTransaction: boolean): QueryRequest {
  const { identity, config, frame } = request
  if (identity === undefined || !outsideTransaction || frame?.before[0] === 'BEGIN') return request
  if (typeof config === 'string' && config.startsWith('BEGIN')) {
    return { ...request, frame: frameOf([], [identity.statement]) }
  }
  return { ...request, frame: frameOf(['BEGIN', identity.statement], ['COMMIT']) }
}

function frameOf(before: readonly string[], after: readonly string[]): QueryFrame {
  return { before, after, hiddenColumns: 0, hidesRows: false, hidden: [], answers: [] }
}

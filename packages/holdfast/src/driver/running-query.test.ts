import { fakeClock, isForgotten } from '@holdfast/testkit'
import type { Client } from 'pg'
import { expect, test } from 'vitest'
import { UNLIMITED } from '../base/deadline.js'
import { DeadlineWatch } from '../base/deadline-watch.js'
import type { QueryRequest, Result } from '../base/execute.js'
import { type QueryHost, RunningQuery } from './running-query.js'
import type { SupervisedQuery } from './supervised-query.js'

const request: QueryRequest = {
  ...UNLIMITED,
  config: 'SELECT 1',
  values: undefined,
  startedAt: 0,
  readOnly: false,
  idempotent: false,
  rolledBackIfLost: false,
}

/** A host that keeps what it was handed in `submitted`. */
function hostOf(submitted: SupervisedQuery[]): QueryHost {
  const clock = fakeClock()
  return {
    client: {} as Client,
    clock,
    deadlines: new DeadlineWatch(clock),
    lost: undefined,
    submit: query => void submitted.push(query),
    withdraw: () => undefined,
    cancel: async () => undefined,
    cancelSettled: async () => undefined,
  }
}

/** A query that has been answered, and what only its call referred to. */
function answered() {
  const submitted: SupervisedQuery[] = []
  const result = { rows: ['of the answer'] } as unknown as Result
  const caller = { resolve: () => undefined, reject: () => undefined }
  const running = new RunningQuery(hostOf(submitted), request, caller)
  running.start()
  const query = submitted.pop() as SupervisedQuery
  query.callback?.(null, result)
  return { running, held: [result, caller, query].map(each => new WeakRef<object>(each)) }
}

test('a query that has ended keeps neither its result, nor its caller, nor the query of the driver alive', async () => {
  const { running, held } = answered()
  for (const reference of held) expect(await isForgotten(reference)).toBe(true)
  // Used last here, so that it was alive all the time.
  expect(running.watchIndex).toBe(-1)
})

import { expect } from 'vitest'
import type { Answer } from './service.js'

/** What a problem must be, besides well-formed and discreet. */
export interface ExpectedProblem {
  readonly status: number
  readonly kind: string
  /** The fields that `errors` must name, in any order. */
  readonly fields?: readonly string[]
}

/** Words that would show SQL, a stack or the inside of the service. */
const INDISCREET =
  /\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|relation|constraint|column|pg_|postgres(?:ql)?:|node_modules|holdfast\/|at \w+ \(|chk_|fk_|uq_|users_|\.js:\d)/

/** Fails unless the answer is such a problem document, in a body that tells nothing of the inside. */
export function expectProblem(answer: Answer, { status, kind, fields }: ExpectedProblem): void {
  expect(answer.body).toMatchObject({ type: `/api/problems/${kind}`, status })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(Object.keys(answer.body)).toEqual(
    expect.arrayContaining(['title', 'detail', 'instance', 'requestId']),
  )
  expect(JSON.stringify(answer.body)).not.toMatch(INDISCREET)
  if (fields !== undefined) {
    expect(answer.body.errors?.map(({ field }: { field: string }) => field).sort()).toEqual(
      [...fields].sort(),
    )
  }
}

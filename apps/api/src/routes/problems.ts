import Type from 'typebox'
import type { App } from '../app.js'
import { PROBLEM_KINDS, Problem, type ProblemKind } from '../problem.js'
import { problems } from '../schemas/problem.js'

/** A row of {@link PROBLEM_KINDS} with its address. */
const Kind = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    status: Type.Integer(),
    title: Type.String(),
    about: Type.String(),
  },
  { description: 'A kind of problem.' },
)

const KindParams = Type.Object({ kind: Type.String({ maxLength: 64, examples: ['duplicate'] }) })

/**
 * What the `type` of a problem points to.
 *
 * `GET /problems` · `GET /problems/:kind`
 */
export function problemRoutes(app: App): void {
  const tags = ['Operation']
  const list = {
    tags,
    summary: 'List the kinds of problem',
    response: { 200: Type.Object({ items: Type.Array(Kind) }, { description: 'All kinds of problem.' }) },
  }
  app.get('/problems', { schema: list, config: { access: 'public' } }, async () => ({
    items: (Object.keys(PROBLEM_KINDS) as ProblemKind[]).map(describe),
  }))
  const one = {
    tags,
    summary: 'Read about one kind of problem',
    params: KindParams,
    response: { 200: Kind, ...problems('not-found') },
  }
  app.get('/problems/:kind', { schema: one, config: { access: 'public' } }, async request => {
    const { kind } = request.params
    if (!Object.hasOwn(PROBLEM_KINDS, kind))
      throw new Problem('not-found', { detail: 'There is no such kind of problem.' })
    return describe(kind as ProblemKind)
  })
}

/** The address is the `type` of every problem of the kind. */
function describe(kind: ProblemKind) {
  return { type: `/api/problems/${kind}`, ...PROBLEM_KINDS[kind] }
}

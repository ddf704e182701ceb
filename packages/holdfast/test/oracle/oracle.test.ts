import {
  type CachingPool,
  type MakePool,
  type SearchOptions,
  searchViolation,
} from '@holdfast/testkit/oracle'
import { Pool } from 'holdfast'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Analyzer } from '../../dist/sql/analyzer.js'
import type { TextPlan } from '../../dist/sql/plan.js'
import { SERVERS } from '../support/servers.js'

/** Another seed makes other databases; `npm run check:oracle` takes new ones for as long as it is told. */
const SEED = Number(process.env.HOLDFAST_ORACLE_SEED ?? 29_02_2024)

/** Longer than it takes on a machine that is busy with other things. */
const PATIENCE_MS = 240_000

const makePool: MakePool = (url, tables) =>
  new Pool({
    connectionString: url,
    max: 2,
    cache: {
      tables: Object.fromEntries(Object.entries(tables).map(([name, keys]) => [name, { ttl: '1h', keys }])),
    },
  }) as unknown as CachingPool

afterEach(() => vi.restoreAllMocks())

describe.each(SERVERS)('on $name', ({ open }) => {
  let server: Awaited<ReturnType<typeof open>>
  beforeAll(async () => {
    server = await open()
  })
  afterAll(() => server.close())

  const search = (options: Pick<SearchOptions, 'cases' | 'shrink'>) =>
    searchViolation({ url: server.url, seed: SEED, makePool, ...options })

  test(
    `whatever a write changes, no query is answered as if it had not (seed ${SEED})`,
    async () => {
      const { violation, tally } = await search({ cases: 10 })
      console.info(`Seed ${SEED}: ${JSON.stringify(tally)}`)
      expect(violation?.sql).toBeUndefined()
      // A cache that throws everything away would pass, too.
      expect(tally.kept).toBeGreaterThan(tally.unaffected / 10)
      expect(tally.affected).toBeGreaterThan(50)
    },
    PATIENCE_MS,
  )
})

describe('it would see it if the analysis', () => {
  let server: Awaited<ReturnType<(typeof SERVERS)[number]['open']>>
  beforeAll(async () => {
    server = await (SERVERS[0] as (typeof SERVERS)[number]).open()
  })
  afterAll(() => server.close())

  test.each<[string, (plan: TextPlan) => TextPlan]>([
    ['forgot a table that a query reads', withoutTheFirstTable],
    ['forgot the old values of written rows', withoutOldValues],
  ])(
    '%s',
    async (_, spoil) => {
      const { analyze } = Analyzer.prototype
      vi.spyOn(Analyzer.prototype, 'analyze').mockImplementation(function (this: Analyzer, text) {
        return spoil(analyze.call(this, text))
      })
      const { url } = server
      const { violation } = await searchViolation({ url, seed: SEED, makePool, cases: 30, shrink: false })
      expect(violation).toMatchObject({ finding: { kind: 'stale' } })
    },
    PATIENCE_MS,
  )
})

function withoutTheFirstTable(plan: TextPlan): TextPlan {
  if (plan.kind !== 'read' || plan.dependencies.length < 2) return plan
  return { ...plan, dependencies: plan.dependencies.slice(1) }
}

function withoutOldValues(plan: TextPlan): TextPlan {
  if (plan.kind !== 'write' || plan.attribution === undefined) return plan
  const text = plan.attribution.text.replaceAll(/\bold\./g, 'new.')
  return { ...plan, attribution: { ...plan.attribution, text } }
}

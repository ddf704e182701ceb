import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixtureTree } from './fixture-tree.js'
import { checkMeasuredScaling } from './measured-scaling.mjs'

const PAGE = 'docs/guides/scaling.md'
const RESULT = {
  ...{ rows: 1_000_000, months: 24, machine: { cores: 2, date: '2026-01-01', commit: 'abc' } },
  sizes: { sessions: 1e8, session_indexes: 2e8, brin: 24_000 },
  calls: [{ call: 'getSessionById', millis: { 'one table': 1.24, monthly: 12.4 } }],
  conversion: { millis: 12_345, lockedMillis: 50.4 },
  retiring: { deletedRows: 40_000, deleteMillis: 2_000, dropped: 2, dropMillis: 20 },
  reconcile: { days: 700_000, fillMillis: 9_000, nightlyMillis: 700 },
  ahead: { partitions: 3, millis: 40 },
  payments: [{ name: 'to many creators', without: 1_000, kept: 900, ratio: 0.9 }],
}

const tree = (page: string) =>
  fixtureTree({ [PAGE]: page, 'benchmarks/results/partitions.json': JSON.stringify(RESULT) })

test('numbers that the guide quotes are those that were measured', () => {
  const root = tree('# Guide\n\n<!-- partitions: begin (generated) -->\n<!-- partitions: end -->\n')
  expect(checkMeasuredScaling(root, {})).toMatchObject([{ rule: 'measured-scaling', file: PAGE }])
  expect(checkMeasuredScaling(root, { write: true })).toEqual([])
  const page = readFileSync(join(root, PAGE), 'utf8')
  expect(page).toContain('| `getSessionById` | 1.2 | 12 |')
  expect(page).toContain('| … of which the table was locked | 50 ms |')
  expect(page).toContain('| to many creators | 1,000 | 900 | 0.90 |')
})

test('a guide that has no place for them is told', () => {
  expect(checkMeasuredScaling(tree('# Guide\n'), { write: true })).toHaveLength(1)
})

test('a project without a guide has nothing to quote', () => {
  expect(checkMeasuredScaling(fixtureTree({ 'README.md': '# X\n' }), {})).toEqual([])
})

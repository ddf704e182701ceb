import { describe, expect, test } from 'vitest'
import { readBaseline, writeBaseline } from './baseline.js'
import { noPrimaryKey } from './checks/no-primary-key.js'
import { outdatedType } from './checks/outdated-type.js'
import { unusedIndex } from './checks/unused-index.js'
import type { Facts } from './facts.js'
import { formatReport, type ReportFormat } from './format-report.js'
import { type DoctorOptions, resolveDoctorOptions } from './options.js'
import { exitCodeOf, makeReport } from './report.js'

const NASTY = 'public."<script>alert(1)</script>\u001b[31m\n&\'"'

function reportWith(options: DoctorOptions = {}) {
  const facts = {
    database: 'shop',
    version: '18.1',
    now: '2026-01-01T00:00:00Z',
    settings: resolveDoctorOptions(options),
  } as Facts
  return makeReport(facts, [
    {
      check: outdatedType,
      outcome: { millis: 1, problems: ['b', 'a'].map(object => ({ object, evidence: 'json', fix: 'x' })) },
    },
    {
      check: noPrimaryKey,
      outcome: { millis: 2, problems: [{ object: NASTY, evidence: 'no key', fix: 'one;\ntwo;' }] },
    },
    { check: unusedIndex, outcome: { millis: 0, skipped: 'it needs statistics of 7 days' } },
  ])
}

test('the worst comes first, then the order of ids and objects', () => {
  expect(reportWith().findings.map(({ key }) => key)).toEqual([`I01:${NASTY}`, 'I10:a', 'I10:b'])
})

test('the exit code is 1 from the severity on that is named, else 0', () => {
  const onlyInfos = reportWith({ ignore: ['I01', `I01:${NASTY}`] })
  expect([exitCodeOf(reportWith()), exitCodeOf(reportWith(), 'info')]).toEqual([1, 1])
  expect(['error', 'warning', 'info'].map(each => exitCodeOf(onlyInfos, each as 'error'))).toEqual([0, 0, 1])
})

describe('a baseline', () => {
  test('makes what it knows fail nothing, and says what was mended since', () => {
    const baseline = readBaseline(writeBaseline(reportWith()))
    const report = reportWith({ baseline: [...baseline, 'I10:gone', 'X05:unknown'] })
    expect(report.findings).toEqual([])
    expect(report.known).toHaveLength(3)
    expect(report.mended, 'X05 was skipped: nobody knows').toEqual(['I10:gone'])
    expect(exitCodeOf(report, 'info')).toBe(0)
  })

  test.each(['', '[]', 'null', '{"version":2,"known":[]}', '{"version":1,"known":[1]}', '{"known":'])(
    'is refused when it is %j',
    text => {
      expect(() => readBaseline(text)).toThrow(/^Option "baseline": expected a file that the doctor wrote/)
    },
  )
})

test('what is more than maxFindings is counted, decides too, and is in the baseline', () => {
  const report = reportWith({ maxFindings: 1 })
  expect(report.omitted).toEqual({ I10: 1 })
  expect(formatReport(report, 'text')).toContain('... and 1 more')
  expect(exitCodeOf(reportWith({ maxFindings: 1, baseline: [`I01:${NASTY}`, 'I10:a'] }), 'info')).toBe(1)
  const later = reportWith({ maxFindings: 1, baseline: readBaseline(writeBaseline(report)) })
  expect([later.findings, later.omitted, later.counts.info]).toEqual([[], {}, 0])
})

test('text holds no character that a terminal obeys, unless colours were asked for', () => {
  const text = formatReport(reportWith(), 'text')
  expect(text).toContain('error I01 no_primary_key: A table has no primary key')
  expect(text).toContain('      one;\n      two;\n')
  expect(text).toContain('1 error, 0 warnings, 2 notes; 0 checks found nothing, 1 were skipped')
  expect(text).not.toContain('\u001b')
  expect(formatReport(reportWith(), 'text', { colour: true })).toContain('\u001b[31merror\u001b[0m')
})

test('HTML shows names from the database as text, and loads nothing', () => {
  const html = formatReport(reportWith(), 'html')
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(html).not.toMatch(/<script|src=|href=|url\(/)
  expect(html).toContain("default-src 'none'")
  expect(html).toContain('prefers-color-scheme: dark')
})

test('SARIF 2.1.0 has a rule for each result, a level, a place and a stable fingerprint', () => {
  const log = JSON.parse(formatReport(reportWith({ baseline: ['I10:a'] }), 'sarif'))
  const [run] = log.runs
  expect(log.version).toBe('2.1.0')
  for (const { ruleId, ruleIndex, locations } of run.results) {
    expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId)
    expect(locations[0].physicalLocation.artifactLocation.uri).toMatch(/^shop\/[\w.%'()~*!-]+$/)
  }
  const told = run.results.map((each: Record<string, unknown>) => [
    each.level,
    each.baselineState,
    Object.values(each.partialFingerprints ?? {})[0],
  ])
  expect(told).toEqual([
    ['error', 'new', `I01:${NASTY}`],
    ['note', 'new', 'I10:b'],
    ['note', 'unchanged', 'I10:a'],
  ])
  expect(run.invocations[0].toolExecutionNotifications[0].message.text).toContain(
    'X05 unused_index was skipped',
  )
})

test('JSON is the report itself', () => {
  expect(JSON.parse(formatReport(reportWith(), 'json'))).toEqual(JSON.parse(JSON.stringify(reportWith())))
})

test.each(['xml', '', 'toString', undefined])('the format %j is refused', format => {
  expect(() => formatReport(reportWith(), format as ReportFormat)).toThrow(
    /^Option "format": expected text, json, sarif, html/,
  )
})

import type { Severity } from './check.js'
import { type DescribedCheck, DOCTOR_CHECKS } from './explain.js'
import type { DoctorReport, Finding } from './report.js'

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
}

/**
 * The report as SARIF 2.1.0, which code scanning services take. Findings of the baseline are there as `unchanged`.
 *
 * A database has no files, and services insist on some: each object is a path, `shop/public.users`.
 */
export function reportAsSarif(report: DoctorReport): string {
  const log = {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'holdfast doctor', rules: DOCTOR_CHECKS.map(ruleOf) } },
        automationDetails: { id: `holdfast-doctor/${report.database}` },
        invocations: [
          {
            executionSuccessful: true,
            startTimeUtc: report.time,
            toolExecutionNotifications: report.skipped.map(notificationOf),
          },
        ],
        results: [
          ...report.findings.map(finding => resultOf(finding, report, 'new')),
          ...report.known.map(finding => resultOf(finding, report, 'unchanged')),
        ],
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function ruleOf({ id, name, title, severity, category, explain }: DescribedCheck) {
  return {
    id,
    name,
    shortDescription: { text: title },
    fullDescription: { text: explain },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: [category] },
  }
}

function resultOf(finding: Finding, { database }: DoctorReport, baselineState: 'new' | 'unchanged') {
  const { key, id, severity, object, title, evidence, fix } = finding
  return {
    ruleId: id,
    ruleIndex: DOCTOR_CHECKS.findIndex(check => check.id === id),
    level: LEVELS[severity],
    message: { text: `${object}: ${title} (${evidence}).\n\n${fix}` },
    baselineState,
    partialFingerprints: { 'holdfastDoctor/v1': key },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: [database, object].map(encodeURIComponent).join('/') },
          region: { startLine: 1 },
        },
        logicalLocations: [{ fullyQualifiedName: object, kind: 'resource' }],
      },
    ],
  }
}

function notificationOf({ id, name, reason }: DoctorReport['skipped'][number]) {
  return { level: 'note', message: { text: `${id} ${name} was skipped: ${reason}` }, associatedRule: { id } }
}

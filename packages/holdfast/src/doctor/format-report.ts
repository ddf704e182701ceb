import { describeGiven } from '../base/duration.js'
import { OptionsError } from '../base/errors.js'
import type { DoctorReport } from './report.js'
import { reportAsHtml } from './report-html.js'
import { reportAsSarif } from './report-sarif.js'
import { reportAsText, type TextOptions } from './report-text.js'

/** How a report can be written. */
export type ReportFormat = 'text' | 'json' | 'sarif' | 'html'

const WRITERS: Readonly<Record<ReportFormat, (report: DoctorReport, options: TextOptions) => string>> = {
  text: reportAsText,
  json: report => `${JSON.stringify(report, null, 2)}\n`,
  sarif: reportAsSarif,
  html: reportAsHtml,
}

/**
 * The report as text for people, as JSON, as SARIF 2.1.0 or as a page of HTML.
 *
 * @throws OptionsError for another format
 */
export function formatReport(report: DoctorReport, format: ReportFormat, options: TextOptions = {}): string {
  if (Object.hasOwn(WRITERS, format)) return WRITERS[format](report, options)
  throw new OptionsError('format', Object.keys(WRITERS).join(', '), describeGiven(format))
}

import { explainCheck } from './explain.js'
import { groupFindings } from './finding-groups.js'
import type { DoctorReport, Finding } from './report.js'
import { REPORT_STYLE } from './report-style.js'

/** The report as one page without anything to load: for a mail or an artefact of a build. Light and dark. */
export function reportAsHtml(report: DoctorReport): string {
  const { database, version, time, counts, findings, known } = report
  const title = `Doctor’s report on ${escapeHtml(database)}`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${REPORT_STYLE}</style>
<main>
<header>
<h1>${title}</h1>
<p>PostgreSQL ${escapeHtml(version)}, ${escapeHtml(time)}</p>
<ul class="counts">
<li class="error"><b>${counts.error}</b> errors</li>
<li class="warning"><b>${counts.warning}</b> warnings</li>
<li class="info"><b>${counts.info}</b> notes</li>
<li><b>${report.passed.length}</b> checks found nothing</li>
</ul>
</header>
${findings.length === 0 ? '<p>Nothing to report.</p>' : ''}
${groupFindings(findings)
  .map(group => section(group, report))
  .join('\n')}
${
  known.length === 0
    ? ''
    : list(
        'Known from the baseline',
        known.map(({ key }) => key),
      )
}
${list(
  'Skipped',
  report.skipped.map(({ id, name, reason }) => `${id} ${name}: ${reason}`),
)}
</main>
</html>
`
}

function section(group: readonly Finding[], { omitted }: DoctorReport): string {
  const [first] = group
  if (first === undefined) return ''
  const more = omitted[first.id] === undefined ? '' : `<p>... and ${omitted[first.id]} more</p>`
  return `<section class="${first.severity}">
<h2><span>${first.severity}</span> ${escapeHtml(first.title)} <small>${first.id} ${escapeHtml(first.name)}</small></h2>
<p>${escapeHtml(explainCheck(first.id)?.explain ?? '')}</p>
<dl>
${group.map(entry).join('\n')}
</dl>
${more}</section>`
}

function entry({ object, evidence, fix }: Finding): string {
  return `<dt>${escapeHtml(object)}</dt><dd>${escapeHtml(evidence)}<pre>${escapeHtml(fix)}</pre></dd>`
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return `<details><summary>${title} (${lines.length})</summary><ul>${lines.map(line => `<li>${escapeHtml(line)}</li>`).join('')}</ul></details>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Names and texts come from the database. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => ENTITIES[character] ?? character)
}

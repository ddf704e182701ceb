import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkCacheReference } from './cache-reference.mjs'
import { checkCommandReference } from './command-reference.mjs'
import { checkExamples } from './doc-examples.mjs'
import { checkLinks } from './doc-links.mjs'
import { checkDoctorReference } from './doctor-reference.mjs'
import { checkErrorReference } from './error-reference.mjs'
import { checkForbiddenText } from './forbidden-text.mjs'
import { checkHardeningFile } from './hardening-file.mjs'
import { checkInvariants } from './invariants.mjs'
import { parseMarkdown } from './markdown.mjs'
import { checkMeasuredScaling } from './measured-scaling.mjs'
import { checkObservabilityReference } from './observability-reference.mjs'
import { projectFiles } from './project-files.mjs'
import { checkTelemetryReference } from './telemetry-reference.mjs'

/**
 * Checks what the documents say: links, examples, the references of errors, of the command line, of the doctor's
 * checks, of metrics and spans, of the cache and of its invariants, the file for psql that is made of the migrations, and what must stand
 * nowhere.
 *
 * @param {string} root
 * @param {{ write?: boolean }} [flags] `write` brings generated references up to date first
 * @returns {Promise<import('./report.mjs').Findings>}
 */
export async function checkDocs(root, flags = {}) {
  const references = [
    ...(await checkErrorReference(root, flags)),
    ...(await checkCommandReference(root, flags)),
    ...(await checkDoctorReference(root, flags)),
    ...(await checkTelemetryReference(root, flags)),
    ...checkCacheReference(root, flags),
    ...checkInvariants(root, flags),
    ...checkHardeningFile(root, flags),
    ...checkMeasuredScaling(root, flags),
    ...(await checkObservabilityReference(root, flags)),
  ]
  const files = projectFiles(root)
  const pages = pagesOf(root, files)
  const violations = [
    ...checkLinks(root, pages),
    ...checkExamples(root, pages),
    ...references,
    ...checkForbiddenText(root, files),
  ]
  return { violations, table: pageTable(pages), facts: { pages: pages.size } }
}

/** @param {string} root @param {string[]} files */
function pagesOf(root, files) {
  const paths = files.filter(file => file.endsWith('.md'))
  return new Map(paths.map(path => [path, parseMarkdown(readFileSync(join(root, path), 'utf8'))]))
}

/** @param {ReadonlyMap<string, import('./markdown.mjs').Page>} pages */
function pageTable(pages) {
  const rows = [...pages].map(([path, { links, fences, anchors }]) => [
    path,
    links.length,
    anchors.size,
    fences.length,
  ])
  return [['page', 'links', 'anchors', 'code blocks'], ...rows]
}

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * One broken rule: where, which, what is wrong, and what to do about it.
 *
 * @typedef {{ file: string, line: number, rule: string, message: string, remedy: string }} Violation
 * @typedef {{ violations: Violation[], notes?: string[], table?: (string | number)[][], facts?: object }} Findings
 *   the first row of `table` is its head; `notes` are told and break nothing; `facts` go into the JSON object
 * @typedef {{ name: string, flags?: readonly string[],
 *   check: (root: string, flags: Record<string, boolean>) => Findings | Promise<Findings> }} Check
 */

/**
 * Runs a check as a command: a table for people, or with `--json` one object on standard output. `--root DIR`
 * checks another tree than the current folder. The exit code is 1 when a rule is broken, 2 when the command
 * itself was wrong.
 *
 * @param {Check} check
 * @returns {Promise<void>}
 */
export async function runCheck(check) {
  const given = readArguments(check)
  if (given === undefined) return
  const findings = await check.check(given.root, given.flags)
  const ok = findings.violations.length === 0
  const { violations, notes = [] } = findings
  if (given.json) console.log(JSON.stringify({ check: check.name, ok, violations, notes, ...findings.facts }))
  else console.log(asText(check.name, findings))
  process.exitCode = ok ? 0 : 1
}

/**
 * @param {readonly (readonly (string | number)[])[]} rows the first is the head
 * @returns {string} columns aligned, numbers to the right
 */
export function asTable(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map(row => String(row[column] ?? '').length)),
  )
  /** @param {string | number} cell @param {number} column */
  const pad = (cell, column) =>
    typeof cell === 'number' ? String(cell).padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
  return rows.map(row => row.map(pad).join('  ').trimEnd()).join('\n')
}

/** @param {Check} check */
function readArguments(check) {
  const flags = Object.fromEntries(
    (check.flags ?? []).map(flag => [flag, { type: /** @type {const} */ ('boolean') }]),
  )
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean' }, root: { type: 'string' }, ...flags },
    })
    const { json = false, root = '.', ...rest } = /** @type {any} */ (values)
    return { json, root: resolve(root), flags: rest }
  } catch (error) {
    const known = ['--json', '--root DIR', ...(check.flags ?? []).map(flag => `--${flag}`)]
    console.error(`${/** @type {Error} */ (error).message}\nExpected only: ${known.join(', ')}.`)
    process.exitCode = 2
    return undefined
  }
}

/**
 * @param {string} name
 * @param {Findings} findings
 */
function asText(name, { violations, notes = [], table }) {
  const parts = table === undefined ? [] : [asTable(table), '']
  for (const note of notes) parts.push(`note: ${note}`)
  for (const { file, line, rule, message, remedy } of violations) {
    parts.push(`${file}:${line}  ${rule}`, `    ${message}`, `    → ${remedy}`)
  }
  const count = violations.length
  parts.push(
    count === 0 ? `${name}: every rule holds` : `${name}: ${count} violation${count === 1 ? '' : 's'}`,
  )
  return parts.join('\n')
}

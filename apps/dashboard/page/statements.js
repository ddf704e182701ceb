import { byId, element } from './element.js'
import { count, millis } from './format.js'
import { showPlan } from './plan-dialog.js'

/** From here on, in milliseconds, a run was slow. */
const SLOW = 1_000
/** Rows that are shown. */
const MOST = 8

const HEAD = ['Statement', 'Calls', 'From cache', 'Errors', 'Total', '50 %', '95 %', '99 %', 'Longest', '']

/** A property of statements; the greatest come first. */
let order = 'totalMillis'
/** What the table shows, to leave it alone while nothing has changed. */
let drawn = ''

/** Chooses what the statements are ordered by. */
export function orderStatements(by, processes) {
  order = by
  showStatements(processes)
}

/**
 * Shows the statements of all processes together.
 *
 * @param {object[]} processes their reports
 */
export function showStatements(processes) {
  const list = merged(processes)
    .filter(statement => order !== 'errors' || statement.errors > 0)
    .sort((a, b) => b[order] - a[order])
    .slice(0, MOST)
  const table = byId('statements')
  const key = JSON.stringify([order, list])
  // A button that somebody is about to press stays where it is.
  if (key === drawn || (table.contains(document.activeElement) && document.activeElement.matches(':active')))
    return
  drawn = key
  const focused = table.contains(document.activeElement) ? document.activeElement.dataset.id : undefined
  table.replaceChildren(
    element('thead', {}, element('tr', {}, ...HEAD.map(headCell))),
    element('tbody', {}, ...(list.length === 0 ? [emptyRow()] : list.map(rowOf))),
  )
  table.querySelector(`button[data-id="${CSS.escape(focused ?? '')}"]`)?.focus()
}

/** The column of buttons has a name for screen readers only. */
function headCell(name) {
  return element('th', { scope: 'col' }, name === '' ? element('span', { class: 'unseen' }, 'Plan') : name)
}

/** Says that there is nothing, so that nobody takes the table for broken. */
function emptyRow() {
  const words = order === 'errors' ? 'No statement has failed.' : 'No statement has run yet.'
  return element('tr', {}, element('td', { class: 'empty', colspan: HEAD.length }, words))
}

/** A line of the table. */
function rowOf(statement) {
  const { id, text, calls, cacheHits, errors, totalMillis, p50, p95, p99, max } = statement
  const slow = max >= SLOW ? { class: 'bad' } : {}
  return element(
    'tr',
    {},
    element('td', { class: 'sql', title: text }, text),
    element('td', {}, count(calls)),
    element('td', {}, count(cacheHits)),
    element('td', {}, element('span', errors > 0 ? { class: 'bad' } : {}, count(errors))),
    ...[totalMillis, p50, p95, p99].map(value => element('td', {}, millis(value))),
    element('td', {}, element('span', slow, `${millis(max)}${max >= SLOW ? ' slow' : ''}`)),
    element('td', {}, planButton(id, text)),
  )
}

/** Opens the plan; what was forgotten has none. */
function planButton(id, text) {
  if (id === 'other') return ''
  const label = `Plan of ${text.slice(0, 60)}`
  return element(
    'button',
    { type: 'button', class: 'small', 'data-id': id, 'aria-label': label, onclick: () => showPlan(id, text) },
    'Plan',
  )
}

/** Counts add up; of percentiles the highest of any process is shown, since they cannot be added. */
function merged(processes) {
  const byStatement = new Map()
  for (const statement of processes.flatMap(({ statements }) => statements)) {
    const known = byStatement.get(statement.id)
    byStatement.set(statement.id, known === undefined ? statement : both(known, statement))
  }
  return [...byStatement.values()]
}

/** The same statement in two processes. */
function both(one, other) {
  const sums = ['calls', 'errors', 'rows', 'cacheHits', 'totalMillis'].map(name => [
    name,
    one[name] + other[name],
  ])
  const peaks = ['p50', 'p95', 'p99', 'max'].map(name => [name, Math.max(one[name], other[name])])
  return { ...one, ...Object.fromEntries([...sums, ...peaks]) }
}

import { byId, element, setText } from './element.js'
import { age, count, rate } from './format.js'
import { TONES } from './panels.js'

const HEAD = ['Process', 'State', 'Requests/s', 'Failed/s', 'Active', 'Idle', 'Waiting', 'Max', 'Running for']
/** What the processes tell each other through. */
const WAYS = { redis: 'Redis', postgres: 'PostgreSQL' }

/**
 * Shows a line for each process, and how the others are heard.
 *
 * @param {object[]} processes the one that serves the page first
 * @param {{ kind: 'redis' | 'postgres', works: boolean }} channel
 */
export function showProcesses(processes, channel) {
  const way = WAYS[channel.kind]
  setText(
    byId('channel'),
    channel.works ? `heard through ${way}` : `${way} is away: only this process is seen`,
  )
  byId('processes').replaceChildren(
    element('thead', {}, element('tr', {}, ...HEAD.map(name => element('th', { scope: 'col' }, name)))),
    element('tbody', {}, ...processes.map(rowOf)),
  )
}

/** One process; its numbers are of its latest second. */
function rowOf({ host, pid, state, second, pool, startedAt, at }) {
  const numbers = [
    rate(second.requests),
    rate(second.failures),
    ...['active', 'idle', 'waiting', 'max'].map(name => count(pool[name])),
    age(at - startedAt),
  ]
  return element(
    'tr',
    {},
    element('td', {}, `${host} · ${pid}`),
    element('td', {}, element('span', { class: 'tag', 'data-tone': state }, TONES[state])),
    ...numbers.map(text => element('td', {}, text)),
  )
}

import { byId, element, setText } from './element.js'
import { count } from './format.js'

/** The words on the buttons, by action. */
const LABELS = {
  runLoad: 'Run a load',
  killDatabase: 'Kill the database',
  stallDatabase: 'Stall the database',
  killRedis: 'Kill Redis',
}
/** What is said while a fault goes on. */
const GOING_ON = {
  killDatabase: 'The database has been killed; it comes back in some seconds.',
  stallDatabase: 'The database is frozen for some seconds.',
  killRedis: 'Redis has been killed; it comes back in some seconds.',
}

/** Shows the buttons of the demo and what becomes of the requests; nothing where it is no demo. */
export function showDemo(demo) {
  byId('demo').hidden = demo === null
  if (demo === null) return
  const buttons = byId('demo-buttons')
  if (buttons.childElementCount === 0) buttons.append(...demo.actions.map(buttonOf))
  for (const button of buttons.children) {
    const { action } = button.dataset
    if (action === 'runLoad') setText(button, demo.load.running ? 'Stop the load' : LABELS.runLoad)
    else button.disabled = demo.fault !== null
  }
  const told = tally(demo)
  const place = byId('demo-tally')
  if (place.dataset.told === told.key) return
  place.dataset.told = told.key
  place.replaceChildren(...told.words)
}

/** The button of an action; the answer to its request says nothing that the stream does not say. */
function buttonOf(action) {
  const kind = action === 'runLoad' ? 'first' : 'hurts'
  const onclick = () => fetch(`dashboard/demo/${action}`, { method: 'POST' })
  return element('button', { type: 'button', class: kind, 'data-action': action, onclick }, LABELS[action])
}

/**
 * What becomes of the requests of the load.
 *
 * @returns {{ words: (string | Node)[], key: string }} `key` differs when the words do
 */
function tally({ fault, load }) {
  const words = fault === null ? [] : [`${GOING_ON[fault]} `]
  const answered = load.succeeded + load.failed
  if (answered > 0) {
    const failed = element('strong', load.failed > 0 ? { class: 'bad' } : {}, `${count(load.failed)} failed`)
    const begin = load.running ? 'The load goes on: ' : 'The load has ended: '
    words.push(begin, element('strong', {}, `${count(load.succeeded)} requests succeeded`), ', ', failed, '.')
  }
  return { words, key: JSON.stringify([fault, load]) }
}

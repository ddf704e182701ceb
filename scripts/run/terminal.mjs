const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }

/** Whether a person looks at a terminal: only then there are colours and lines that change. */
export const isTerminal = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR

/**
 * @param {keyof typeof COLOURS} colour
 * @param {string} text
 * @returns {string} coloured on a terminal, plain elsewhere
 */
export function paint(colour, text) {
  return isTerminal ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text
}

/**
 * Shows a step while it runs, and its seconds when it is done. On a terminal the line changes, elsewhere there is
 * one line at the end.
 *
 * @template T
 * @param {string} title
 * @param {(update: (note: string) => void) => T | Promise<T>} work may call `update` to tell how far it is
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  const show = note =>
    isTerminal && process.stdout.write(`\r\u001b[K${paint('cyan', '…')} ${title} ${paint('dim', note)}`)
  show('')
  try {
    const result = await work(show)
    endLine(`${paint('green', '✓')} ${title} ${paint('dim', seconds())}`)
    return result
  } catch (error) {
    endLine(`${paint('red', '✗')} ${title} ${paint('dim', seconds())}`)
    throw error
  }
}

/** @param {string} text */
function endLine(text) {
  process.stdout.write(isTerminal ? `\r\u001b[K${text}\n` : `${text}\n`)
}

/** Milliseconds of silence after which the numbers are old. */
const SILENCE = 4_000

/**
 * Listens to the service.
 *
 * @param {object} told
 * @param {(start: object) => void} told.start the history and the present, after each connecting
 * @param {(second: object) => void} told.second
 * @param {(live: boolean) => void} told.live whether numbers come in
 * @param {() => void} told.locked a token is needed
 */
export function listen({ start, second, live, locked }) {
  /** A stream can stay open without a word, when the service is frozen. */
  let silence
  const heard = () => {
    live(true)
    clearTimeout(silence)
    silence = setTimeout(() => live(false), SILENCE)
  }
  const source = new EventSource('dashboard/live')
  source.addEventListener('start', ({ data }) => {
    heard()
    start(JSON.parse(data))
  })
  source.addEventListener('second', ({ data }) => {
    heard()
    second(JSON.parse(data))
  })
  source.addEventListener('error', async () => {
    live(false)
    // The browser tries again by itself, unless the answer was a refusal.
    if (source.readyState !== EventSource.CLOSED) return
    if (await isLocked()) locked()
    else setTimeout(() => listen({ start, second, live, locked }), 2_000)
  })
}

/** Whether a token is needed and not there. */
export async function isLocked() {
  try {
    return (await (await fetch('dashboard/access')).json()).granted === false
  } catch {
    return false
  }
}

/** In English on every machine, as all else on the page. */
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const TIME = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})

/** A count as people read it: `7`, `1,204`, `1.2M`. */
export function count(value) {
  return value < 100_000 ? WHOLE.format(value) : SHORT.format(value)
}

/** A rate: with a decimal while it is small. */
export function rate(value) {
  return value > 0 && value < 10 ? value.toFixed(1) : count(value)
}

/**
 * Milliseconds with their unit: `0.4 ms`, `12 ms`, `1.20 s`.
 *
 * @param {number} value
 */
export function millis(value) {
  const [number, unit] = splitMillis(value)
  return `${number.replace(/\.0+$/, '')} ${unit}`
}

/** @returns {[string, string]} the number and its unit */
export function splitMillis(value) {
  if (value >= 60_000) return [(value / 60_000).toFixed(1), 'min']
  if (value >= 1_000) return [(value / 1_000).toFixed(value < 10_000 ? 2 : 1), 's']
  return [value > 0 && value < 10 ? value.toFixed(1) : WHOLE.format(value), 'ms']
}

/** A part in percent: `97.4 %`; a dash where there is no whole to be a part of. */
export function percent(part, whole) {
  if (whole === 0) return '–'
  const share = (part / whole) * 100
  return `${share === 100 || share === 0 ? share : share.toFixed(1)} %`
}

/** A size, from bytes to mebibytes: `512 B`, `31 KiB`, `4.2 MiB`. */
export function bytes(value) {
  if (value < 1024) return `${value} B`
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(0)} KiB`
  return `${(value / 1024 / 1024).toFixed(1)} MiB`
}

/** How long something has been: `42 s`, `7 min`, `3 h 20 min`, `2 d 4 h`. */
export function age(ms) {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1_000))} s`
  if (minutes < 60) return `${minutes} min`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`
}

/** A time of day. @param {number} at milliseconds since 1970 */
export function time(at) {
  return TIME.format(at)
}

/** A length of time as a person reads it: `12 ms`, `3.4 s`, `2 min 5 s`. */
export function inSeconds(millis: number): string {
  if (millis < 1_000) return `${Math.round(millis)} ms`
  if (millis < 60_000) return `${(millis / 1_000).toFixed(1)} s`
  return `${Math.floor(millis / 60_000)} min ${Math.floor((millis % 60_000) / 1_000)} s`
}

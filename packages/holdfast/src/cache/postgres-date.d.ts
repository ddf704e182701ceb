/** Comes without types. */
declare module 'postgres-date' {
  /** A `Date`; ±Infinity for `infinity`; `null` for what is none. */
  export default function parseDate(text: string): Date | number | null
}

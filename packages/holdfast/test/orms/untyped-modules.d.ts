/** The part of two libraries without types that the tests use. */
declare module 'pg-cursor' {
  import type { Submittable } from 'pg'

  export default class Cursor<Row> implements Submittable {
    constructor(text: string, values?: unknown[])
    submit: Submittable['submit']
    read(count: number): Promise<Row[]>
    close(): Promise<void>
  }
}

declare module 'pg-copy-streams' {
  import type { Readable, Writable } from 'node:stream'
  import type { Submittable } from 'pg'

  export function from(text: string): Writable & Submittable & { rowCount: number }
  export function to(text: string): Readable & Submittable & { rowCount: number }
}

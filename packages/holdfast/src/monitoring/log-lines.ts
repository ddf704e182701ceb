/** What a line says. `docs/reference/log-lines.md` is generated from this table. */
interface LogLine {
  readonly level: 'info' | 'warn'
  readonly when: string
  /** Its fields besides `code` and `pool`, which every line has. */
  readonly fields: Readonly<Record<string, string>>
}

/** Every line that a pool writes by itself; warnings have a reference of their own. */
export const LOG_LINES = {
  'slow-query': {
    level: 'warn',
    when: 'A query took longer than `slowQuery.threshold`; at most `slowQuery.linesPerMinute` a minute.',
    fields: {
      fingerprint: 'Of the statement, as in `pool.statements()`.',
      statement: 'Its text, literals replaced by `?`, comments left out.',
      millis: 'From call to result.',
      waitMillis: 'Of these, spent waiting for a connection and pausing between attempts.',
      runMillis: 'The rest: the network and the server.',
      rows: 'Returned or affected.',
      attempts: 'How often a connection was lent for it.',
      cache: '`hit`, `miss`, `stale` or `bypass`; absent without a cache and for writes.',
      target: '`host:port` of the server that answered.',
      location: '`file:line:column` of who awaits it, outside of packages; absent where nobody does.',
      plan: 'What EXPLAIN or `auto_explain` says, values replaced by `?`; once a minute for each statement.',
      error: 'Code of the error that it ended with; absent when it succeeded.',
      omitted: 'Slow queries since the last line that were left out; absent when there were none.',
    },
  },
  'pool-report': {
    level: 'info',
    when: 'Every minute with `NODE_ENV=production`, or as the option `report` says. Counts are those since the last line.',
    fields: {
      seconds: 'Since the last line.',
      connections:
        'As they are now: `totalCount`, `idleCount`, `activeCount`, `waitingCount`, `max`, `utilizationPercent`, and the state of the breaker.',
      queries:
        'Calls, errors, errors by category, rows, hits of the cache, milliseconds in all and waiting, and percentiles.',
      retries: 'Attempts after the first.',
      shed: 'Callers that were turned away.',
      cache:
        'Hits in memory and in Redis, stale hits, misses, shared loads, bypasses, tags marked by writes.',
      top: 'The three statements that took the most time: `fingerprint`, `statement`, `totalMillis`.',
    },
  },
} as const satisfies Record<string, LogLine>

/** The fields of a line; one that the table does not know does not compile. */
export type LogFields<Code extends keyof typeof LOG_LINES> = Readonly<
  { code: Code; pool: string } & Partial<Record<keyof (typeof LOG_LINES)[Code]['fields'], unknown>>
>

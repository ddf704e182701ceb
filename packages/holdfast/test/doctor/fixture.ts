import { readFileSync } from 'node:fs'
import pg from 'pg'

/** A finding that a fixture asks for, in a comment beside the SQL that causes it. */
export interface Expectation {
  readonly id: string
  readonly object: string
}

/** The text of a file in `fixtures`. */
export function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
}

/** What the comments of a fixture expect: `-- expect I01 red_i01.events`. */
export function expectations(text: string): Expectation[] {
  return [...text.matchAll(/^-- expect (\w+) (.+)$/gm)].map(([, id = '', object = '']) => ({ id, object }))
}

/** Runs files one statement after the other, so that VACUUM is possible and statistics are counted apart. */
export async function apply(url: string, texts: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of texts.flatMap(statements)) await client.query(statement)
    // What this session did shows in the statistics of others from the next moment on.
    await client.query('SELECT pg_stat_force_next_flush()')
    await client.query('SELECT 1')
  } finally {
    await client.end()
  }
}

/** Statements end at a semicolon at the end of a line, outside of dollar quotes: enough for fixtures. */
function statements(text: string): string[] {
  const found: string[] = []
  let current = ''
  for (const line of text.split('\n')) {
    current += `${line}\n`
    const quotes = current.match(/\$\w*\$/g)?.length ?? 0
    if (quotes % 2 === 0 && /;\s*$/.test(line)) {
      found.push(current)
      current = ''
    }
  }
  return current.trim() === '' ? found : [...found, current]
}

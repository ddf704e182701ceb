import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('stampede-process.mjs', import.meta.url))
const PROCESSES = 4
const CALLS = 500
/** What nobody has searched for before. */
const TERMS = ['violin', 'chess', 'ballet', 'jazz', 'tango', 'cooking', 'drums']

/**
 * 500 callers in 4 processes search for the same at once, and nobody has the result: how often is the database asked?
 *
 * @param {{ databaseUrl: string, redisUrl: string, rounds: number }} options
 * @returns {Promise<{ processes: number, calls: number, queries: number[], same: boolean }>} queries of each round
 */
export async function measureStampede({ databaseUrl, redisUrl, rounds }) {
  const children = Array.from({ length: PROCESSES }, () => fork(PROGRAM, [databaseUrl, redisUrl]))
  try {
    await Promise.all(children.map(child => once(child, 'message')))
    const queries = []
    let same = true
    for (const term of TERMS.slice(0, rounds)) {
      const answers = children.map(child => once(child, 'message'))
      for (const child of children) child.send({ term, calls: CALLS / PROCESSES })
      const counted = (await Promise.all(answers)).map(([answer]) => answer)
      queries.push(counted.reduce((sum, answer) => sum + answer.queries, 0))
      same &&= counted.every(answer => answer.same)
    }
    return { processes: PROCESSES, calls: CALLS, queries, same }
  } finally {
    const ended = children.map(child => child.exitCode ?? once(child, 'exit'))
    for (const child of children) if (child.connected) child.send('end')
    await Promise.all(ended)
  }
}

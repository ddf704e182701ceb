import type { Database, Statement } from '../database/database.js'

/** What the search of creators can do at this moment. */
export interface SearchHealth {
  /** Whether misspelt words find what they mean. */
  readonly typoTolerance: boolean
  /** Creators whom no search finds yet. */
  readonly missingCreators: number
  /** What to do about it, in a sentence each; empty when all is well. */
  readonly advice: readonly string[]
}

const WITHOUT_TYPOS =
  'Misspelt words find nothing, because the extension pg_trgm is not there. ' +
  'Make it available to the server, then run SELECT enable_typo_tolerance() as a role that may create it.'
const MISSING =
  'Some creators are not found by any search. Finish the migrations; if they are finished, repeat until nobody is missing: ' +
  'SELECT index_creators(ARRAY(SELECT id FROM users AS u WHERE is_creator AND NOT EXISTS ' +
  '(SELECT FROM creator_documents WHERE creator_id = u.id) LIMIT 1000 FOR SHARE))'

/** Counts up to a thousand: more need no other advice. */
function selectSearchHealth(): Statement {
  return {
    text: `SELECT has_typo_tolerance() AS typo_tolerance, count(*) AS missing
             FROM (SELECT FROM users AS u
                    WHERE is_creator AND NOT EXISTS (SELECT FROM creator_documents WHERE creator_id = u.id)
                    LIMIT 1000) AS m`,
    values: [],
    readOnly: true,
  }
}

/** Looks at the search once. @throws the database's errors */
export async function readSearchHealth(database: Database): Promise<SearchHealth> {
  const { rows } = await database.run<{ typo_tolerance: boolean; missing: number }>(selectSearchHealth())
  const { typo_tolerance: typoTolerance = false, missing = 0 } = rows[0] ?? {}
  const advice = [...(typoTolerance ? [] : [WITHOUT_TYPOS]), ...(missing === 0 ? [] : [MISSING])]
  return { typoTolerance, missingCreators: missing, advice }
}

import type { QueryResult } from 'pg'
import type { Database } from '../database/database.js'
import { type Count, checkLimit, checkOffset } from '../input/amounts.js'
import { type Keyed, type Page, type PageRequest, startOf, toPage } from '../paging/page.js'
import { type Creator, checkTerm } from './creator.js'
import { selectCreators, selectCreatorsAfter, selectCreatorsFrom } from './creator-queries.js'
import { searchCreatorsAfter, searchCreatorsFrom } from './creator-search.js'
import { readSearchHealth, type SearchHealth } from './search-health.js'

/** The use cases of creators. */
export interface CreatorService {
  /** All creators, newest id first. Long lists are better read with {@link listCreators}. */
  getCreators(): Promise<Creator[]>
  /** Creators in keyset pages, newest id first. @throws DigisInputError for an impossible limit or cursor */
  listCreators(page?: PageRequest): Promise<Page<Creator>>
  /**
   * Creators by their display name, username and bio, with or without accents: words in any form, `"phrases"`, `or`,
   * `-without`; the last word may be unfinished. Best match first, newest first among equals: a display name counts
   * most, then a username, then a bio. Of more than 200, those with the words in their names come first, and each
   * group newest first. Where fewer than 5 match, none by name, those with similar words follow. A blank term finds all, newest
   * first; one without a letter or digit finds none. Any text is safe.
   *
   * @param term at most 500 characters
   * @param limit 1 to 1,000; default 20
   * @param offset default 0
   * @throws DigisInputError
   */
  searchCreators(term: string, limit?: Count | null, offset?: Count | null): Promise<QueryResult<Creator>>
  /** The same in keyset pages. @throws DigisInputError, also for the cursor of another term */
  searchCreatorsPage(term: string, page?: PageRequest): Promise<Page<Creator>>
  /** Whether the search finds all that it can, and what to do where it does not. */
  searchHealth(): Promise<SearchHealth>
}

export function creatorService(database: Database): CreatorService {
  async function listCreators({ limit, after }: PageRequest = {}): Promise<Page<Creator>> {
    const count = checkLimit(limit ?? 20)
    const start = startOf('creators', after)
    const { rows } = await database.run<Keyed<Creator>>(selectCreatorsAfter(count + 1, start))
    return toPage('creators', rows, count)
  }

  return {
    listCreators,

    async getCreators() {
      return (await database.run<Creator>(selectCreators())).rows
    },

    async searchCreators(term, limit, offset) {
      const words = checkTerm(term)
      const [count, skipped] = [checkLimit(limit ?? 20), checkOffset(offset ?? 0)]
      if (words === '') return database.run(selectCreatorsFrom(count, skipped))
      return database.run(searchCreatorsFrom(words, count, skipped))
    },

    async searchCreatorsPage(term, page = {}) {
      const words = checkTerm(term)
      if (words === '') return listCreators(page)
      const scope = `search ${words}`
      const count = checkLimit(page.limit ?? 20)
      const start = startOf(scope, page.after)
      const { rows } = await database.run<Keyed<Creator>>(searchCreatorsAfter(words, count + 1, start))
      return toPage(scope, rows, count)
    },

    searchHealth: () => readSearchHealth(database),
  }
}

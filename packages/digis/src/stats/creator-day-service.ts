import type { QueryResult } from 'pg'
import type { Database } from '../database/database.js'
import { checkId, type Id } from '../input/identifiers.js'
import { type CreatorDay, checkDays } from './creator-day.js'
import { countDays, selectIsComplete, selectKeptDays } from './creator-day-queries.js'

/** The use cases of daily statistics. */
export interface CreatorDayService {
  /**
   * What a creator did on each day of UTC on which there was anything, oldest first; no row for no creator. As current as
   * payments and sessions themselves.
   *
   * @param from such as `'2026-01-01'`
   * @param to included; at most 1,000 days in all
   */
  getCreatorDays(creator_id: Id, from: string, to: string): Promise<QueryResult<CreatorDay>>
}

export function creatorDayService(database: Database): CreatorDayService {
  // Once it is complete it stays so.
  let isComplete = false
  return {
    async getCreatorDays(creator_id, from, to) {
      const id = checkId('creator_id', creator_id)
      const days = checkDays(from, to)
      if (!isComplete) {
        const { rows } = await database.run<{ complete: boolean }>(selectIsComplete())
        isComplete = rows[0]?.complete === true
      }
      return database.run(isComplete ? selectKeptDays(id, days) : countDays(id, days))
    },
  }
}

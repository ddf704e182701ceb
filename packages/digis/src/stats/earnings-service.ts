import type { QueryResult } from 'pg'
import type { Database } from '../database/database.js'
import { checkId, type Id } from '../input/identifiers.js'
import type { Earnings } from './earnings.js'
import { selectEarnings } from './earnings-queries.js'

/** The use cases of statistics. */
export interface EarningsService {
  /** One row; zeros for a creator whom nobody has paid, and for no creator. */
  getCreatorEarnings(creator_id: Id): Promise<QueryResult<Earnings>>
}

export function earningsService(database: Database): EarningsService {
  return {
    async getCreatorEarnings(creator_id) {
      return database.run(selectEarnings(checkId('creator_id', creator_id)))
    },
  }
}

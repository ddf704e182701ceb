import { CREATORS, SEARCHES } from '../cache/lifetimes.js'
import type { Statement } from '../database/database.js'
import type { Position } from '../paging/cursor.js'
import { USER_COLUMNS } from '../users/user-queries.js'

/** The largest key: no row is behind it. */
const BEHIND_ALL = '9223372036854775807'

/** Written as an equality, so that only changes of creators touch what was read by it. The plans are the same. */
const CREATOR = 'is_creator = true'

export function selectCreators(): Statement {
  const text = `SELECT ${USER_COLUMNS} FROM users WHERE ${CREATOR} ORDER BY id DESC`
  return { text, values: [], readOnly: true, cache: CREATORS }
}

/** Newest first, in numbered pages. */
export function selectCreatorsFrom(limit: number, offset: number): Statement {
  return {
    text: `SELECT ${USER_COLUMNS} FROM users WHERE ${CREATOR} ORDER BY id DESC LIMIT $1 OFFSET $2`,
    values: [limit, offset],
    readOnly: true,
    cache: SEARCHES,
  }
}

/** Newest first, behind a position. */
export function selectCreatorsAfter(limit: number, start: Position | undefined): Statement {
  return {
    text: `SELECT ${USER_COLUMNS}, '' AS page_key FROM users
            WHERE ${CREATOR} AND id < $2 ORDER BY id DESC LIMIT $1`,
    values: [limit, start?.id ?? BEHIND_ALL],
    readOnly: true,
    cache: CREATORS,
  }
}

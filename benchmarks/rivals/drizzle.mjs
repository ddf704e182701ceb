import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import * as columns from 'drizzle-orm/pg-core'
import { openDatabase } from './database.mjs'
import { openDrizzleCache } from './drizzle-cache.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'redis']
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'redis'

const { bigint, boolean, date, doublePrecision, integer, jsonb, numeric, pgTable, text, timestamp, uuid } =
  columns
/** The table again, as Drizzle wants to be told. */
const wide = pgTable('wide', {
  ...{ id: integer().primaryKey(), version: bigint({ mode: 'number' }), price: numeric() },
  ...{ name: text(), email: text(), street: text(), city: text() },
  ...{ country: text(), phone: text(), bio: text(), note: text() },
  ...{ account: uuid(), tenant: uuid() },
  ...{ created: timestamp({ withTimezone: true }), updated: timestamp({ withTimezone: true }) },
  ...{ seen: timestamp({ withTimezone: true }), active: boolean(), settings: jsonb() },
  ...{ score: doublePrecision(), born: date() },
})

/** With a cache for all queries; it invalidates by itself after a write through Drizzle. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString, redis, tier }) {
  const { pool, end } = openDatabase(connectionString)
  const { cache, close } = await openDrizzleCache(tier === 'redis' ? redis : undefined)
  const db = drizzle({ client: pool, cache })
  return {
    read: id => db.select().from(wide).where(eq(wide.id, id)),
    rowOf: rows => rows[0],
    write: async id => {
      const change = db
        .update(wide)
        .set({ version: sql`${wide.version} + 1` })
        .where(eq(wide.id, id))
      const [row] = await change.returning({ version: wide.version })
      return Number(row?.version)
    },
    close: async () => {
      await Promise.all([end(), close()])
    },
  }
}

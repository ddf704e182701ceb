import type { Statement } from '../database/database.js'
import type { Encounter } from './encounters.js'
import { demoCreator } from './identities.js'
import type { Person } from './people.js'

/** One seeding at a time, and nobody adds a user meanwhile. */
export const LOCK_USERS = 'LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE'

export function selectState(): Statement {
  return {
    text: `SELECT EXISTS (SELECT FROM users WHERE id = $1 AND supabase_id = $2) AS seeded,
                  EXISTS (SELECT FROM users) AS has_users`,
    values: [demoCreator.id, demoCreator.supabase_id],
  }
}

/** Keys are given, not drawn: an attempt that was rolled back must not shift those that the documents name. */
export function insertPeople(people: readonly Person[]): Statement {
  return {
    text: `INSERT INTO users (id, supabase_id, is_creator, bio, profile_pic_url, price_per_min, display_name, username,
                              created_at, updated_at)
           OVERRIDING SYSTEM VALUE
           SELECT id, supabase_id, is_creator, bio, picture, price, display_name, username, joined, joined
             FROM unnest($1::bigint[], $2::uuid[], $3::boolean[], $4::text[], $5::text[], $6::numeric[], $7::text[],
                         $8::text[], $9::integer[])
                  AS p (id, supabase_id, is_creator, bio, picture, price, display_name, username, ago)
            CROSS JOIN LATERAL (SELECT now() - ago * interval '1 second') AS moment (joined)`,
    values: [
      people.map(person => person.id),
      people.map(person => person.supabaseId),
      people.map(person => person.isCreator),
      people.map(person => person.bio),
      people.map(person => person.picture),
      people.map(person => person.pricePerMinute),
      people.map(person => person.name?.displayName ?? null),
      people.map(person => person.name?.username ?? null),
      people.map(person => person.joinedAgo),
    ],
  }
}

export function insertBalances(people: readonly Person[]): Statement {
  const holders = people.filter(person => person.tokens !== undefined)
  return {
    text: 'INSERT INTO token_accounts (user_id, balance) SELECT * FROM unnest($1::bigint[], $2::bigint[])',
    values: [holders.map(person => person.id), holders.map(person => person.tokens)],
  }
}

/** @param first the key of the first one */
export function insertSessions(encounters: readonly Encounter[], first: number): Statement {
  return {
    text: `INSERT INTO sessions (id, creator_id, fan_id, type, start_time, end_time, created_at, updated_at)
           OVERRIDING SYSTEM VALUE
           SELECT $1::bigint + place - 1, creator, fan, type, start, start + length * interval '1 second',
                  start, coalesce(start + length * interval '1 second', start)
             FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::integer[], $6::integer[])
                  WITH ORDINALITY AS e (creator, fan, type, ago, length, place)
            CROSS JOIN LATERAL (SELECT now() - ago * interval '1 second') AS moment (start)`,
    values: [
      first,
      encounters.map(encounter => encounter.creatorId),
      encounters.map(encounter => encounter.fanId),
      encounters.map(encounter => encounter.type),
      encounters.map(encounter => encounter.startedAgo),
      encounters.map(encounter => encounter.length ?? null),
    ],
  }
}

/** Paid when the session ended. @param first the key of the first session */
export function insertPayments(encounters: readonly Encounter[], first: number): Statement {
  const sessions = encounters.map((encounter, index) => ({ id: first + index, paid: encounter.paid }))
  const paid = sessions.filter(session => session.paid !== undefined)
  return {
    text: `INSERT INTO payments (session_id, amount, tip, created_at, updated_at)
           SELECT s.id, p.amount / 100.0, p.tip / 100.0, s.end_time, s.end_time
             FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS p (session, amount, tip)
             JOIN sessions AS s ON s.id = p.session
            ORDER BY s.end_time, s.id`,
    values: [
      paid.map(session => session.id),
      paid.map(session => session.paid?.amount),
      paid.map(session => session.paid?.tip),
    ],
  }
}

/** The demo's payments are history: what they made its creators earn is opened in the ledger, not posted one by one. */
export const BEGIN_HISTORY = 'ALTER TABLE payments DISABLE TRIGGER trg_payments_post_insert'
export const END_HISTORY = 'ALTER TABLE payments ENABLE TRIGGER trg_payments_post_insert'
export const OPEN_EARNINGS = `
  SELECT ledger_post_balances('opening', 'cents', array_agg(creator_id), array_agg(cents))
    FROM (SELECT creator_id, sum(payment_cents(status, amount, tip))::bigint AS cents FROM payments GROUP BY creator_id) AS earned
   WHERE cents > 0
  HAVING count(*) > 0`

/** Days of months that are over get partitions of their own, and the statistics for leader boards are filled. */
export const FILL_STATISTICS = "SELECT prepare_creator_days(), refresh_creator_stats('0')"

/** The sequences go on behind the keys that were given. */
export const RESTART_KEYS = `
  SELECT setval(pg_get_serial_sequence('users', 'id'), (SELECT max(id) FROM users)),
         setval(pg_get_serial_sequence('sessions', 'id'), (SELECT max(id) FROM sessions))`

/** So that the first queries are planned for the data that is there. */
export const GATHER_STATISTICS = `
  ANALYZE users, sessions, payments, token_accounts, ledger_accounts, ledger_transfers, ledger_entries, creator_documents,
          search_words, creator_daily_stats, creator_stats`

import { createHmac } from 'node:crypto'
import { Pool } from 'holdfast'

/**
 * @typedef {{ id: number, token: string }} Person
 * @typedef {{ id: number, fan: Person }} Meeting a session, and who may read it and pay for it
 * @typedef {{ creators: Person[], fans: Person[], meetings: Meeting[] }} People
 */

const HOUR = 3_600

/** A token as Supabase signs it. @param {object} claims @param {string} secret */
export function signToken(claims, secret) {
  const now = Math.floor(Date.now() / 1000)
  const payload = { aud: 'authenticated', role: 'authenticated', iat: now, exp: now + HOUR, ...claims }
  const signed = [{ alg: 'HS256', typ: 'JWT' }, payload]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/**
 * Who calls: all creators, and fans with the sessions they had.
 *
 * @param {string} connectionString
 * @param {{ secret: string, fans: number, meetings: number }} options
 * @returns {Promise<People>}
 */
export async function loadPeople(connectionString, { secret, fans, meetings }) {
  const pool = new Pool({ connectionString, max: 1 })
  try {
    const person = (/** @type {any} */ row) => ({
      id: Number(row.id),
      token: signToken({ sub: row.supabase_id }, secret),
    })
    const select = 'SELECT id, supabase_id FROM users WHERE'
    // In an order that has nothing to do with age: who is popular is drawn from it.
    const [creators, others, met] = [
      await pool.query(`${select} is_creator ORDER BY md5(id::text)`),
      await pool.query(`${select} NOT is_creator ORDER BY md5(id::text) LIMIT $1`, [fans]),
      await pool.query(
        `SELECT s.id AS session, u.id, u.supabase_id FROM sessions AS s JOIN users AS u ON u.id = s.fan_id
          ORDER BY md5(s.id::text) LIMIT $1`,
        [meetings],
      ),
    ]
    return {
      creators: creators.rows.map(person),
      fans: others.rows.map(person),
      meetings: met.rows.map(row => ({ id: Number(row.session), fan: person(row) })),
    }
  } finally {
    await pool.end()
  }
}

/**
 * What is called on each layout, by its name in the table.
 *
 * @type {Record<string, (digis: import('@holdfast/digis').Digis, turn: number) => Promise<unknown>>}
 */
export const CALLS = {
  getSessionById: (digis, turn) => digis.getSessionById(1 + ((turn * 7_919) % 1_000)),
  getUserSessions: (digis, turn) => digis.getUserSessions(1 + turn),
  getActiveSessions: (digis, turn) => digis.getActiveSessions(1 + turn),
  createSession: (digis, turn) => digis.createSession(1 + turn, 1_001 + turn),
  createPayment: (digis, turn) => digis.createPayment(1 + ((turn * 7_919) % 1_000), 5),
  'sum of a day': digis =>
    digis.query(`SELECT count(*), sum(end_time - start_time) FROM sessions
                  WHERE start_time >= now() - interval '40 days' AND start_time < now() - interval '39 days'`),
  'sum of a month': digis =>
    digis.query(`SELECT count(*), sum(end_time - start_time) FROM sessions
                  WHERE start_time >= date_trunc('month', now()) - interval '2 months'
                    AND start_time < date_trunc('month', now()) - interval '1 month'`),
}

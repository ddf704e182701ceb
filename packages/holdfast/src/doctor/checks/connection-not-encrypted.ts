import type { Check, Problem, Row } from '../check.js'
import { everyRow } from '../check.js'
import type { Facts } from '../facts.js'

/** Sessions from the machine itself need no encryption. The client's half is told by the options of the pool. */
export const connectionNotEncrypted: Check = {
  id: 'S19',
  name: 'connection_not_ssl',
  title: 'A connection can be listened to or taken over',
  severity: 'warning',
  category: 'security',
  explain:
    'Without TLS, whoever is on the way reads along. With TLS but without verifying the certificate, whoever is on the way can stand in for the server. Use sslmode=verify-full with the CA of the server.',
  query: `
    SELECT 'role ' || quote_ident(coalesce(a.usename, '?')) AS object,
           count(*) || ' sessions from other machines without TLS' AS evidence,
           '-- sslmode=verify-full in the client; hostssl instead of host in pg_hba.conf' AS fix
      FROM pg_stat_ssl AS s JOIN pg_stat_activity AS a USING (pid)
     WHERE NOT s.ssl AND a.backend_type = 'client backend' AND a.client_addr IS NOT NULL
       AND NOT (a.client_addr <<= '127.0.0.0/8' OR a.client_addr = '::1' OR a.client_addr = inet_server_addr())
     GROUP BY a.usename`,
  judge: (rows, facts) => [...everyRow(rows), ...clientHalf(rows, facts)],
}

function clientHalf(_rows: readonly Row[], { client }: Facts): readonly Problem[] {
  if (client.tls !== 'unverified') return []
  return [
    {
      object: 'client',
      evidence: 'it uses TLS and verifies no certificate (rejectUnauthorized: false)',
      fix: '-- give the CA of the server: ssl: { ca }, or sslmode=verify-full with sslrootcert',
    },
  ]
}

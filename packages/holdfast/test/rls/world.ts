import { randomBytes } from 'node:crypto'
import { temporaryDatabase } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import pg from 'pg'

/** A database in which two tenants have notes, with the roles that go with it, and somebody who asks past all that. */
export interface TenantsWorld {
  readonly url: string
  readonly admin: pg.Client
  /** Of this world alone, because roles belong to the whole server. */
  readonly roles: Readonly<Record<'login' | 'member' | 'guest' | 'passing', string>>
  /** Who logs in as a user without rights of its own. */
  pool(options?: PoolOptions): Pool
  close(): Promise<void>
}

export const ANN = '00000000-0000-0000-0000-00000000000a'
export const BOB = '00000000-0000-0000-0000-00000000000b'

/** The subject of the claims, as policies read it. */
const SUBJECT = "(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid"

const schemaOf = ({ login, member, guest, passing }: TenantsWorld['roles']) => `
  CREATE ROLE ${login} LOGIN NOINHERIT PASSWORD '${login}';
  CREATE ROLE ${member}; CREATE ROLE ${guest}; CREATE ROLE ${passing} BYPASSRLS;
  GRANT ${member}, ${guest}, ${passing} TO ${login};
  CREATE TABLE note (id int PRIMARY KEY, owner uuid NOT NULL, body text NOT NULL);
  INSERT INTO note VALUES (1, '${ANN}', 'of Ann'), (2, '${BOB}', 'of Bob');
  ALTER TABLE note ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON note TO ${member} USING (owner = (SELECT ${SUBJECT})) WITH CHECK (owner = (SELECT ${SUBJECT}));
  GRANT SELECT, INSERT, UPDATE, DELETE ON note TO ${member}, ${passing};
  CREATE TABLE notice (id int PRIMARY KEY, body text NOT NULL);
  INSERT INTO notice VALUES (1, 'for all');
  GRANT SELECT ON notice TO ${member}, ${login};`

/** Starts a world; `schema` adds to it, and may name the roles by `{member}` and so on. */
export async function tenantsWorld(schema = ''): Promise<TenantsWorld> {
  const { url } = await temporaryDatabase()
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  const id = randomBytes(4).toString('hex')
  const roles = { login: `l${id}`, member: `m${id}`, guest: `g${id}`, passing: `p${id}` }
  await admin.query(schemaOf(roles) + schema.replace(/\{(\w+)\}/g, (_, name) => roles[name as 'login']))
  const pools: Pool[] = []
  return {
    url,
    admin,
    roles,
    pool: options => {
      const login = Object.assign(new URL(url), { username: roles.login, password: roles.login })
      const rls = { roles: [roles.member, roles.guest, roles.passing] }
      const pool = new Pool({ connectionString: login.href, max: 4, rls, ...options })
      pools.push(pool)
      return pool
    },
    close: async () => {
      await Promise.all(pools.filter(pool => !pool.ending).map(pool => pool.end()))
      const all = Object.values(roles).join()
      await admin.query(`DROP OWNED BY ${all}; DROP ROLE ${all}`)
      await admin.end()
    },
  }
}

/** Every text of a result's rows. */
export function bodies({ rows }: { rows: { body: string }[] }): string[] {
  return rows.map(({ body }) => body).sort()
}

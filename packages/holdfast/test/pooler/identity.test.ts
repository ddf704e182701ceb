import { findProgram } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { ANN, BOB, bodies, tenantsWorld } from '../rls/world.js'
import { behindPgBouncer } from './behind-pgbouncer.js'

const hasPgBouncer = findProgram('pgbouncer') !== undefined

test.skipIf(!hasPgBouncer)(
  'identities of many clients over one server connection of PgBouncer never meet',
  async () => {
    const world = await tenantsWorld()
    const { member } = world.roles
    const { through } = await behindPgBouncer({
      postgres: { url: world.url },
      settings: { default_pool_size: 1 },
    })
    const pools = [1, 2, 3].map(() =>
      through({ pooler: 'transaction', max: 2, rls: { roles: [member] }, connectionTimeoutMillis: 20_000 }),
    )
    const seen = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => {
        const pool = pools[at % 3] as (typeof pools)[0]
        const [sub, own] = at % 2 === 0 ? [ANN, 'of Ann'] : [BOB, 'of Bob']
        const as = pool.as({ role: member, claims: { sub } })
        if (at % 5 === 0) await expect(as.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
        if (at % 4 === 0) return (await pool.query('SELECT current_user::text AS who')).rows[0].who !== member
        const notes = 'SELECT body FROM note'
        const result =
          at % 3 === 0
            ? await as.transaction(tx => tx.query<{ body: string }>(notes))
            : await as.query<{ body: string }>({ name: 'notes', text: notes })
        return bodies(result).join() === own
      }),
    )
    expect(seen).toEqual(seen.map(() => true))
    await world.close()
  },
)

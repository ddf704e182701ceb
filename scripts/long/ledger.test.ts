import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { judge } from './ledger/judge.mjs'

const COMMAND = fileURLToPath(new URL('ledger.mjs', import.meta.url))

const tip = (key: string, tokens: number) => ({ kind: 'tip', key, from_id: 1, to_id: 2, tokens }) as const
const settled = [
  { order: tip('a', 5), outcome: 'posted', id: 10 },
  { order: { kind: 'purchase', key: 'b', user_id: 2, tokens: 7, cents: 35 }, outcome: 'posted', id: 11 },
  { order: tip('c', 500), outcome: 'insufficient' },
] as const
const found = {
  transfers: [
    { key: 'a', id: 10 },
    { key: 'b', id: 11 },
  ],
  balances: [
    { user_id: 1, balance: 95 },
    { user_id: 2, balance: 112 },
  ],
  atStart: 100,
}
const right = { posted: 2, insufficient: 1, lost: 0, unasked: 0, wrongBalances: 0 }

test('a ledger that fits what the sessions were told is judged right', () => {
  expect(judge(settled, found)).toEqual(right)
})

test.each([
  ['a transfer that is lost', { transfers: found.transfers.slice(1) }, { lost: 1, unasked: -1 }],
  ['one under another id', { transfers: [{ key: 'a', id: 9 }, found.transfers[1]] }, { lost: 1 }],
  ['one that was refused', { transfers: [...found.transfers, { key: 'c', id: 12 }] }, { unasked: 1 }],
  ['a balance that is off by one', { balances: [{ user_id: 1, balance: 94 }] }, { wrongBalances: 1 }],
])('%s is noticed', (_, change, noticed) => {
  expect(judge(settled, { ...found, ...change } as typeof found)).toMatchObject(noticed)
})

test.each([['--order'], ['--orders=0'], ['--orders=x'], ['--seed=x']])(
  '%s is refused before anything runs',
  option => {
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, option], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('Expected only: --orders N, --seed S, --json.'),
    })
  },
)

import { expect, test } from 'vitest'
import type { NodeStatus } from './node-status.js'
import { WritePosition } from './write-position.js'

/** A primary whose log grows with each look. */
function growing() {
  let looks = 0
  const look = async (): Promise<NodeStatus> => {
    looks++
    const position = { timeline: 1, lsn: BigInt(looks) }
    return { kind: 'up', standby: false, readOnly: false, system: '', position }
  }
  return { writes: new WritePosition(look), looks: () => looks }
}

test('nobody is asked while nothing has been written', async () => {
  const { writes, looks } = growing()
  expect(await writes.needed()).toBeUndefined()
  expect(looks()).toBe(0)
})

test('the primary is asked once after each write, when somebody wants to know', async () => {
  const { writes, looks } = growing()
  for (let i = 0; i < 5; i++) writes.note()
  expect(looks()).toBe(0)
  expect(await writes.needed()).toMatchObject({ lsn: 1n })
  expect(await writes.needed()).toMatchObject({ lsn: 1n })
  writes.note()
  expect(await writes.needed()).toMatchObject({ lsn: 2n })
  expect(looks()).toBe(2)
})

test('a write while the primary is being asked is not taken for covered', async () => {
  const { writes } = growing()
  writes.note()
  const asked = writes.needed()
  writes.note()
  expect(await asked).toMatchObject({ lsn: 1n })
  expect(await writes.needed()).toMatchObject({ lsn: 2n })
})

test('while something is under way that writes when it likes, every answer is a new one', async () => {
  const { writes, looks } = growing()
  const end = writes.begin()
  await writes.needed()
  await writes.needed()
  expect(looks()).toBe(2)
  end()
  await writes.needed()
  await writes.needed()
  expect(looks()).toBe(3)
})

test('a server that does not answer, or is a standby by now, proves nothing', async () => {
  const gone = new WritePosition(async () => ({ kind: 'down', error: new Error('gone') }))
  gone.note()
  await expect(gone.needed()).rejects.toThrow('gone')
  const position = { timeline: 1, lsn: 1n }
  const demoted = new WritePosition(async () => ({
    ...{ kind: 'up', standby: true, readOnly: false, system: '', position },
  }))
  await expect(demoted.current()).rejects.toThrow('standby')
})

import { expect, test } from 'vitest'
import type { RemoteStore } from '../../dist/cache/ports.js'
import { openValue, sealValue } from '../../dist/cache/stored-value.js'
import { readOf, unique, type Watched } from './redis-fixture.js'

/** Opens a store of the same cache each time; it stands when it is returned. */
export type OpenStore = () => Promise<Watched>

/** Reads and stores a value under the stamps that were there. */
export async function fill(store: RemoteStore, key: string, ...tags: string[]): Promise<readonly string[]> {
  const { stamps } = await store.read(readOf(key, ...tags))
  await store.store(key, sealValue({ stamps: stamps as string[], payload: Buffer.from(key) }), 60_000)
  return stamps as string[]
}

/** Whether the value stored was loaded under the stamps that are current. */
export async function isHit(store: RemoteStore, key: string, ...tags: string[]): Promise<boolean> {
  const { stamps, value } = await store.read({ ...readOf(key, ...tags), lease: false })
  const stored = value && openValue(value)
  return (
    stored !== undefined &&
    tags.every((_, at) => stamps[at] !== undefined && stamps[at] === stored.stamps[at])
  )
}

const mark = (tag: string, name: string) => ({ tags: [tag], tables: [], mark: name })

/** What every authority over stamps promises. */
export function testContract(open: OpenStore): void {
  testStamps(open)
  testMarks(open)
  testLeases(open)
  testSchemas(open)
  testNames(open)
}

function testStamps(open: OpenStore): void {
  test('100 readers at once in two processes get the same stamp', async () => {
    const [{ store: one }, { store: two }] = [await open(), await open()]
    const tag = unique('tag')
    const reads = Array.from({ length: 100 }, (_, at) =>
      (at % 2 ? one : two).read(readOf(`${tag}:${at}`, tag)),
    )
    const stamps = new Set((await Promise.all(reads)).map(answer => answer.stamps[0]))
    expect(stamps.size).toBe(1)
    expect([...stamps][0]).toMatch(/^[\w-]{16,}$/)
  })

  test('a value is a hit for everybody until one of its tags is touched', async () => {
    const [{ store: one }, { store: two }] = [await open(), await open()]
    const [a, b] = [unique('a'), unique('b')]
    const before = await fill(one, a, a, b)
    expect(await isHit(two, a, a, b)).toBe(true)
    await one.touch([b])
    expect(await isHit(two, a, a, b)).toBe(false)
    const { stamps } = await two.read(readOf(a, a, b))
    expect(stamps[0]).toBe(before[0])
    expect(stamps[1]).not.toBe(before[1])
  })

  test('an invalidation arrives before the barrier that began after the change was acknowledged (I4)', async () => {
    const [{ store: writer }, reader] = [await open(), await open()]
    const tag = unique('tag')
    await reader.store.read(readOf(tag, tag))
    await writer.touch([tag])
    await reader.store.barrier()
    expect(reader.invalidated).toContain(tag)
  })

  test('more reads than fit into one batch are all answered', async () => {
    const { store } = await open()
    const keys = Array.from({ length: 700 }, () => unique('many'))
    await Promise.all(keys.map(key => fill(store, key, key, 'shared')))
    const hits = await Promise.all(keys.map(key => isHit(store, key, key, 'shared')))
    expect(hits.every(Boolean)).toBe(true)
  })
}

function testMarks(open: OpenStore): void {
  test('a marked tag has no stamp for anybody, and gets another one after the release (I2)', async () => {
    const [{ store: writer }, { store: reader }] = [await open(), await open()]
    const tag = unique('tag')
    const [before] = await fill(reader, tag, tag)
    await writer.mark(mark(tag, 'w:1'))
    const during = await reader.read(readOf(tag, tag))
    expect(during).toMatchObject({ stamps: [undefined], lease: 'none' })
    await writer.release(mark(tag, 'w:1'))
    const [after] = (await reader.read(readOf(tag, tag))).stamps
    expect(after).toMatch(/./)
    expect(after).not.toBe(before)
  })

  test('two writers of one tag do not clear each other (H4)', async () => {
    const { store } = await open()
    const tag = unique('tag')
    await store.mark(mark(tag, 'w:1'))
    await store.mark(mark(tag, 'w:2'))
    await store.release(mark(tag, 'w:1'))
    expect((await store.read(readOf(tag, tag))).stamps).toEqual([undefined])
    expect(await store.orphans([tag])).toEqual([{ tag, marks: ['w:2'] }])
    await store.release(mark(tag, 'w:2'))
    expect((await store.read(readOf(tag, tag))).stamps).not.toEqual([undefined])
    expect(await store.orphans([tag])).toEqual([])
  })

  test('touching a marked tag leaves its mark', async () => {
    const { store } = await open()
    const tag = unique('tag')
    await store.mark(mark(tag, 'w:1'))
    await store.touch([tag])
    expect((await store.read(readOf(tag, tag))).stamps).toEqual([undefined])
  })

  test('a release destroys the stamp that was minted where the mark was lost', async () => {
    const { store } = await open()
    const tag = unique('tag')
    await fill(store, tag, tag)
    await store.release(mark(tag, 'w:1'))
    expect(await isHit(store, tag, tag)).toBe(false)
  })

  test('a write of more tags than one script takes marks and frees all of them', async () => {
    const { store } = await open()
    const tags = Array.from({ length: 600 }, () => unique('wide'))
    await store.mark({ tags, tables: [], mark: 'w:1' })
    expect(await store.orphans(tags)).toHaveLength(600)
    await store.release({ tags, tables: [], mark: 'w:1' })
    expect(await store.orphans(tags)).toEqual([])
  })
}

function testLeases(open: OpenStore): void {
  test('of all who miss a value at once one loads', async () => {
    const [{ store: one }, { store: two }] = [await open(), await open()]
    const key = unique('key')
    const reads = Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).read(readOf(key, key)))
    const leases = (await Promise.all(reads)).map(({ lease }) => lease)
    expect(leases.filter(lease => lease === 'taken')).toHaveLength(1)
    expect(leases.filter(lease => lease === 'held')).toHaveLength(19)
  })

  test('a load under stamps that are void keeps nobody from loading', async () => {
    const { store } = await open()
    const key = unique('key')
    expect((await store.read(readOf(key, key))).lease).toBe('taken')
    await store.touch([key])
    expect((await store.read(readOf(key, key))).lease).toBe('taken')
  })

  test('an outdated value is handed out with the lease to replace it', async () => {
    const { store } = await open()
    const key = unique('key')
    await fill(store, key, key)
    expect((await store.read(readOf(key, key))).lease).toBe('none')
    await store.touch([key])
    const answer = await store.read(readOf(key, key))
    expect(answer.lease).toBe('taken')
    expect(answer.value && openValue(answer.value)?.payload.toString()).toBe(key)
  })
}

function testSchemas(open: OpenStore): void {
  const read = (table: string, schema: string) => ({ ...readOf(table), tags: [{ name: table, schema }] })
  const write = (table: string, schema: string) => ({
    tags: [],
    tables: [{ name: table, schema }],
    mark: 'w:1',
  })

  test('the stamp of a table tells who minted it', async () => {
    const { store } = await open()
    const table = unique('table')
    const [stamp] = (await store.read(read(table, 'old'))).stamps
    expect(stamp).toMatch(/^old\./)
    expect((await store.read(read(table, 'new'))).stamps).toEqual([stamp])
  })

  test('a writer that knows other keyed columns makes everybody fall back (H10)', async () => {
    const { store } = await open()
    const table = unique('table')
    const [stamp] = (await store.read(read(table, 'new'))).stamps
    await store.mark(write(table, 'new'))
    expect((await store.read(read(table, 'new'))).stamps).toEqual([stamp])
    await store.mark(write(table, 'old'))
    const [mixed] = (await store.read(read(table, 'new'))).stamps
    expect(mixed).toMatch(/^mixed\./)
  })

  test('a table that nobody read before an old writer marked it is not taken for one of the new schema', async () => {
    const { store } = await open()
    const table = unique('table')
    await store.mark(write(table, 'old'))
    expect((await store.read(read(table, 'new'))).stamps[0]).toMatch(/^old\./)
  })
}

function testNames(open: OpenStore): void {
  test('names and values of any characters and bytes come back as they are', async () => {
    const [{ store: writer }, reader] = [await open(), await open()]
    const tag = unique('ü{}:*\r\n€\u0000')
    const payload = Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256))
    const { stamps } = await reader.store.read(readOf(tag, tag))
    await reader.store.store(tag, sealValue({ stamps: stamps as string[], payload }), 60_000)
    const { value } = await reader.store.read(readOf(tag, tag))
    expect(value && openValue(value)?.payload.equals(payload)).toBe(true)
    await writer.touch([tag])
    await reader.store.barrier()
    expect(new Set(reader.invalidated)).toEqual(new Set([tag]))
  })

  test('a name that is too long is refused, not cut', async () => {
    const { store } = await open()
    const long = 'x'.repeat(513)
    await expect(store.read(readOf(long))).rejects.toThrow('1 to 512 characters')
    await expect(store.touch([long])).rejects.toThrow('1 to 512 characters')
  })

  test('reads of no tags and of many tags are answered, and of too many refused', async () => {
    const { store } = await open()
    const tags = Array.from({ length: 101 }, () => unique('tag'))
    expect((await store.read(readOf(unique('key')))).stamps).toEqual([])
    expect((await store.read(readOf(unique('key'), ...tags.slice(1)))).stamps).toHaveLength(100)
    await expect(store.read(readOf(unique('key'), ...tags))).rejects.toThrow('too many tags')
  })
}

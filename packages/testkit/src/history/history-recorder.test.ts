import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HistoryReader } from './history-reader.js'
import { HistoryRecorder, type RecorderOptions } from './history-recorder.js'

/** A recorder and a reader of what it writes, in a folder of their own. */
function pair(options: Partial<RecorderOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'p0.1')
  return {
    folder,
    path,
    recorder: new HistoryRecorder({ path, process: 0, ...options }),
    reader: new HistoryReader(path),
  }
}

test('the beginning and the end of a write are on file at once', () => {
  const { recorder, reader } = pair()
  onTestFinished(() => recorder.close())
  const write = recorder.begin('update', { registers: ['item:1'] })
  expect([...reader.events()]).toMatchObject([{ kind: 'begin', write, scope: { registers: ['item:1'] } }])
  const change = { register: 'item:1', version: 7, group: '' }
  recorder.end(write, { outcome: 'committed', changes: [change] })
  expect([...reader.events()]).toMatchObject([
    { kind: 'end', write, outcome: 'committed', changes: [change] },
  ])
})

test('of several changes of a register the latest counts, and the others may not be seen', () => {
  const { recorder, reader } = pair()
  onTestFinished(() => recorder.close())
  const versions = [8, 7, 9].map(version => ({ register: 'item:1', version, group: '' }))
  recorder.end('w', { outcome: 'committed', changes: versions })
  expect([...reader.events()]).toMatchObject([
    { changes: [{ version: 9 }], undone: [{ version: 8 }, { version: 7 }] },
  ])
})

test('reads are on file before the mark that vouches for them', () => {
  const { recorder, reader } = pair()
  recorder.read({ query: 'any', values: [1], start: 1, seen: { 'item:1': null } })
  recorder.close()
  const events = [...reader.events()]
  expect(events.map(({ kind }) => kind)).toEqual(['read', 'mark'])
  const [read, mark] = events as unknown as [{ end: number }, { time: number }]
  expect(read.end).toBeLessThanOrEqual(mark.time)
})

test('a long history goes on in further files, and files that were read are removed', async () => {
  const { recorder, reader, folder } = pair({ logSize: 1000 })
  for (let index = 0; index < 20; index += 1) {
    recorder.read({ query: 'any', values: [index], start: index, seen: {} })
    if (index % 5 === 0) await new Promise(resolve => setTimeout(resolve, 70))
  }
  recorder.close()
  const reads = [...reader.events()].filter(({ kind }) => kind === 'read')
  expect(reads).toMatchObject(Array.from({ length: 20 }, (_, index) => ({ values: [index] })))
  reader.close()
  expect(readdirSync(folder)).toEqual([])
})

test('a line that was cut short is held back', () => {
  const { recorder, reader, path } = pair()
  recorder.close()
  appendFileSync(`${path}.0`, '{"kind":"mark","ti')
  expect([...reader.events()]).toHaveLength(1)
  appendFileSync(`${path}.0`, 'me":5}\n')
  expect([...reader.events()]).toEqual([{ kind: 'mark', time: 5 }])
})

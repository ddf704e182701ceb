import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { StartLock } from './start-lock.mjs'

/** Stand for the ids of two other starts. */
const [OTHER, FASTER] = [-1, -2]

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  file = join(folder, 'start.json')
})

function leaveNote(pid: number): void {
  writeFileSync(file, JSON.stringify({ pid }))
}

function readNote(): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

test('a lock is taken, tells where its start listens, and goes with it', () => {
  const lock = new StartLock(file, () => false)
  expect(lock.take()).toBeUndefined()
  lock.announce('http://127.0.0.1:3000')
  expect(readNote()).toEqual({ pid: process.pid, address: 'http://127.0.0.1:3000' })
  lock.release()
  expect(readdirSync(folder)).toEqual([])
})

test('the note of a start that runs is told and stays', () => {
  leaveNote(OTHER)
  const lock = new StartLock(file, pid => pid === OTHER)
  expect(lock.take()).toEqual({ pid: OTHER })
  lock.release()
  expect(readNote()).toEqual({ pid: OTHER })
})

test.each(['', '{"pid"', JSON.stringify({ pid: OTHER })])(
  'a note that counts for nothing gives way: %j',
  text => {
    writeFileSync(file, text)
    expect(new StartLock(file, () => false).take()).toBeUndefined()
    expect(readdirSync(folder)).toEqual(['start.json'])
    expect(readNote()).toEqual({ pid: process.pid })
  },
)

test('of two starts that find the note of a dead one, the slower leaves the note of the faster alone', () => {
  leaveNote(OTHER)
  const lock = new StartLock(file, pid => {
    // Between the look at the note and its removal, the faster start has put its own in the place.
    if (pid === OTHER) leaveNote(FASTER)
    return pid === FASTER
  })
  expect(lock.take()).toEqual({ pid: FASTER })
  expect(readdirSync(folder)).toEqual(['start.json'])
})

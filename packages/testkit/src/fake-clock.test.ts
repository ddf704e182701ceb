import { expect, test } from 'vitest'
import { fakeClock } from './fake-clock.js'

test('time stands still until it is turned', async () => {
  const clock = fakeClock(1000)
  expect(clock.now()).toBe(1000)
  await clock.advance(250)
  expect(clock.now()).toBe(1250)
})

test('timers fire in the order of their times, each at its own time', async () => {
  const clock = fakeClock()
  const fired: string[] = []
  for (const [name, millis] of Object.entries({ late: 30, early: 10, middle: 20 })) {
    clock.setTimeout(() => fired.push(`${name} at ${clock.now()}`), millis)
  }
  await clock.advance(29)
  expect(fired).toEqual(['early at 10', 'middle at 20'])
  await clock.advance(1)
  expect(fired).toContain('late at 30')
})

test('timers for the same time fire in the order in which they were set', async () => {
  const clock = fakeClock()
  const fired: number[] = []
  for (const name of [1, 2, 3]) clock.setTimeout(() => fired.push(name), 5)
  await clock.advance(5)
  expect(fired).toEqual([1, 2, 3])
})

test('a timer that sets another one within the time sees it fire as well', async () => {
  const clock = fakeClock()
  const fired: number[] = []
  const again = (): void => {
    fired.push(clock.now())
    if (fired.length < 3) clock.setTimeout(again, 10)
  }
  clock.setTimeout(again, 10)
  await clock.advance(100)
  expect(fired).toEqual([10, 20, 30])
})

test('what a timer resolves is seen before the next timer fires', async () => {
  const clock = fakeClock()
  const sleep = (millis: number): Promise<void> => new Promise(resolve => clock.setTimeout(resolve, millis))
  const seen: number[] = []
  const work = async (): Promise<void> => {
    for (let i = 0; i < 3; i += 1) {
      await sleep(10)
      seen.push(clock.now())
    }
  }
  const done = work()
  await clock.advance(30)
  await done
  expect(seen).toEqual([10, 20, 30])
})

test('a cleared timer never fires and no longer waits', async () => {
  const clock = fakeClock()
  const fired: string[] = []
  clock.clearTimeout(clock.setTimeout(() => fired.push('cleared'), 10))
  clock.setTimeout(() => fired.push('closed'), 10).close()
  expect(clock.pending).toBe(0)
  await clock.advance(10)
  expect(fired).toEqual([])
})

test('a refreshed timer starts anew', async () => {
  const clock = fakeClock()
  const fired: number[] = []
  const timer = clock.setTimeout(() => fired.push(clock.now()), 10)
  await clock.advance(9)
  timer.refresh()
  await clock.advance(9)
  expect(fired).toEqual([])
  await clock.advance(1)
  expect(fired).toEqual([19])
})

test('a timer remembers whether it would keep the process alive', () => {
  const timer = fakeClock().setTimeout(() => {}, 10)
  expect([timer.hasRef(), timer.unref().hasRef(), timer.ref().hasRef()]).toEqual([true, false, true])
})

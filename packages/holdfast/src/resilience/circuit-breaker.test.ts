import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Breaker, type BreakerEvent, stepBreaker, UNTRIED } from './circuit-breaker.js'

const EVENTS: readonly BreakerEvent[] = ['succeeded', 'failed', 'lost', 'elapsed', 'restored', 'refused']
const THRESHOLD = 3

function run(events: readonly BreakerEvent[], from: Breaker = UNTRIED, now = 0): Breaker {
  return events.reduce(
    (breaker, event) => stepBreaker(breaker, event, { now, random: 0.5, threshold: THRESHOLD }),
    from,
  )
}

const CLOSED = run(['elapsed', 'restored'])

test('nothing passes before a first probe succeeded', () => {
  expect(UNTRIED.state).toBe('open')
  expect(run(['elapsed']).state).toBe('half-open')
  expect(CLOSED.state).toBe('closed')
})

test('failures in a row open it; a success between them starts the count anew', () => {
  expect(run(['failed', 'failed', 'succeeded', 'failed', 'failed'], CLOSED).state).toBe('closed')
  expect(run(['failed', 'failed', 'failed'], CLOSED).state).toBe('open')
})

test('a lost connection opens it at once', () => {
  expect(run(['lost'], CLOSED).state).toBe('open')
})

test('the bound of the pause doubles with each refusal, up to 2 s, and only a call that succeeds resets it', () => {
  const pauses: number[] = []
  let breaker = run(['lost'], CLOSED)
  for (let round = 0; round < 8; round++) {
    pauses.push(breaker.retryAt)
    breaker = run(['refused'], { ...breaker, state: 'half-open' })
  }
  expect(pauses).toEqual([25, 50, 100, 200, 400, 800, 1_000, 1_000])
  const restored = run(['restored'], { ...breaker, state: 'half-open' })
  expect(run(['lost'], restored).retryAt).toBe(1_000)
  expect(run(['succeeded', 'lost'], restored).retryAt).toBe(25)
})

test('results of calls that began earlier change nothing while it is open or probing', () => {
  const open = run(['lost'], CLOSED)
  expect(run(['succeeded', 'failed', 'restored', 'refused', 'lost'], open)).toEqual(open)
  const probing = run(['elapsed'], open, 1_000)
  expect(run(['succeeded', 'failed', 'elapsed'], probing, 1_000)).toEqual(probing)
})

/** A plain description of what a breaker promises, without its table. */
interface Model {
  passes: boolean
  probing: boolean
  row: number
}

function expected(model: Model, event: BreakerEvent, isDue: boolean): Model {
  const { passes, probing, row } = model
  const opened = { passes: false, probing: false, row: 0 }
  if (passes) {
    if (event === 'lost' || event === 'refused') return opened
    if (event === 'succeeded') return { ...model, row: 0 }
    if (event !== 'failed') return model
    return row + 1 === THRESHOLD ? opened : { ...model, row: row + 1 }
  }
  if (!probing) return event === 'elapsed' && isDue ? { ...model, probing: true } : model
  if (event === 'restored') return { passes: true, probing: false, row: 0 }
  return event === 'lost' || event === 'refused' ? opened : model
}

test('any sequence of events at any times keeps to the model, and pauses never exceed 2 s', () => {
  const steps = fc.array(
    fc.record({
      event: fc.constantFrom(...EVENTS),
      wait: fc.integer({ min: 0, max: 3_000 }),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, given => {
      let [breaker, model, now]: [Breaker, Model, number] = [
        UNTRIED,
        { passes: false, probing: false, row: 0 },
        0,
      ]
      for (const { event, wait, random } of given) {
        now += wait
        model = expected(model, event, now >= breaker.retryAt)
        breaker = stepBreaker(breaker, event, { now, random, threshold: THRESHOLD })
        expect(breaker.state).toBe(model.passes ? 'closed' : model.probing ? 'half-open' : 'open')
        expect(breaker.failures).toBe(model.row)
        if (breaker.state === 'open') expect(breaker.retryAt).toBeLessThanOrEqual(now + 2_000)
      }
    }),
  )
})

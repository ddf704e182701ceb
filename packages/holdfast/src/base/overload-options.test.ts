import { expect, test } from 'vitest'
import { overloadOption, resolveOverload } from './overload-options.js'

test('the option has the documented defaults and is frozen', () => {
  const settings = resolveOverload(undefined)
  expect(Object.isFrozen(settings)).toBe(true)
  expect(settings).toEqual({
    maxWaiting: 1_000,
    target: undefined,
    interval: 100,
    reserved: 0,
    adaptive: false,
    instances: 1,
  })
})

test('false turns nobody away and looks at nothing', () => {
  expect(resolveOverload(false)).toMatchObject({
    maxWaiting: Number.POSITIVE_INFINITY,
    target: Number.POSITIVE_INFINITY,
    instances: 0,
  })
})

test('a target of 0 never sheds', () => {
  expect(resolveOverload({ target: 0 }).target).toBe(Number.POSITIVE_INFINITY)
})

test('what it does not know, or cannot be, is refused with its path', () => {
  const refused: [object, RegExp][] = [
    [{ maxWait: 1 }, /"overload.maxWait".*an unknown option/],
    [{ target: 'soon' }, /"overload.target"/],
    [{ adaptive: 1 }, /"overload.adaptive".*a boolean/],
    [{ reserved: -1 }, /"overload.reserved".*a whole number/],
  ]
  for (const [given, message] of refused) expect(() => overloadOption(given, 'overload')).toThrow(message)
})

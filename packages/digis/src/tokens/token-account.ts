import { checkChoice } from '../input/text.js'

/** What can be done to a balance. */
export type TokenOperation = 'add' | 'subtract'

/** @throws DigisInputError for anything but `'add'` and `'subtract'` */
export function checkOperation(operation: unknown): TokenOperation {
  return checkChoice('operation', operation, ['add', 'subtract'])
}

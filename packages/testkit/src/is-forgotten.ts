import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Collects garbage and tells whether an object is gone: whether nothing refers to it any more.
 *
 * @param reference made in a turn before: what has just been made or looked at is kept until its turn has ended
 */
export async function isForgotten(reference: WeakRef<object>): Promise<boolean> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await nextTurn()
  collect()
  return reference.deref() === undefined
}

import { seededRandom } from '../random.js'
import { describeRule, type FaultAction, type FaultPoint, type FaultRule } from './fault-rule.js'
import type { Direction, Protocol } from './message.js'
import { REDIS_TYPES } from './redis-wire.js'

/** Faults to come, one after the other. */
export interface FaultPlan {
  readonly rules: readonly FaultRule[]
}

/** A plan that can be made again. */
export interface SeededFaultPlan extends FaultPlan {
  readonly seed: number
  /** The seed and each fault in words: print it when a test fails. */
  toString(): string
}

/** What a random plan is made of. */
export interface FaultPlanOptions {
  readonly protocol: Protocol
  /** How many faults. */
  readonly faults: number
  /** Default: the number in `HOLDFAST_SEED`, or else a new one. */
  readonly seed?: number
  /** What may happen. Default: `cut` and `reset`; for the others the client needs a deadline. */
  readonly actions?: readonly FaultAction[]
  /** Strikes at most at the how-manieth message of its type. Default: 10. */
  readonly within?: number
}

const POINTS: readonly FaultPoint[] = ['before', 'inside', 'after']
const DIRECTIONS: readonly Direction[] = ['requests', 'answers']

/** Messages that every connection without TLS has: a fault at any other might never strike. */
const EXPECTED_TYPES: Readonly<Record<Protocol, Readonly<Record<Direction, readonly string[]>>>> = {
  postgres: {
    requests: ['Startup', 'Password', 'Parse', 'Bind', 'Execute', 'Sync'],
    answers: ['Authentication', 'BackendKeyData', 'ParseComplete', 'BindComplete', 'CommandComplete'].concat(
      'ReadyForQuery',
    ),
  },
  redis: { requests: REDIS_TYPES.requests, answers: ['BulkString', 'Array', 'SimpleString'] },
}

/** Random faults at random messages: half of the time at one of a common type, else at any. */
export function faultPlan({
  protocol,
  faults,
  seed,
  actions = ['cut', 'reset'],
  within = 10,
}: FaultPlanOptions): SeededFaultPlan {
  const random = seededRandom(seed)
  const rule = (): FaultRule => {
    const direction = random.pick(DIRECTIONS)
    const type = random.next() < 0.5 ? { type: random.pick(EXPECTED_TYPES[protocol][direction]) } : {}
    const action = random.pick(actions)
    const at = action === 'drop' ? 'before' : random.pick(POINTS)
    return { when: { direction, ...type, nth: random.int(1, within) }, do: action, at }
  }
  const rules = Array.from({ length: faults }, rule)
  const words = rules.map((each, index) => `${index + 1}. ${describeRule(each)}`)
  return { seed: random.seed, rules, toString: () => [`seed ${random.seed}`, ...words].join('\n') }
}

import type { TableCacheSettings } from '../base/cache-options.js'
import type { ReadDependency, ReadPlan, TableInfo, TextPlan } from '../sql/plan.js'
import type { Admission } from './entry.js'

/** How the reads of one text are cached. */
export interface ReadRules {
  readonly dependencies: readonly ReadDependency[]
  /** Milliseconds: the shortest of its tables. */
  readonly ttl: number
  readonly maxStale: number
}

/** What is known of one text of SQL. */
export interface KnownStatement {
  /** Unique within the process. */
  readonly id: string
  readonly plan: TextPlan
  /** Absent: its results are not kept. */
  readonly rules: ReadRules | undefined
  /** It goes through the connection's guard. */
  readonly guarded: boolean
  readonly admission: Admission
}

/** The newest texts are remembered. */
const MOST_STATEMENTS = 5_000

let lastId = 0

/** Remembers what texts of SQL do, by their text. */
export class Statements {
  readonly #known = new Map<string, KnownStatement>()
  readonly #analyze: (text: string) => TextPlan
  readonly #tables: (table: TableInfo) => TableCacheSettings | undefined

  constructor(
    analyze: (text: string) => TextPlan,
    tables: (table: TableInfo) => TableCacheSettings | undefined,
  ) {
    this.#analyze = analyze
    this.#tables = tables
  }

  /** What is known already. */
  peek(text: string): KnownStatement | undefined {
    return this.#known.get(text)
  }

  of(text: string): KnownStatement {
    return this.#known.get(text) ?? this.#learn(text)
  }

  #learn(text: string): KnownStatement {
    const plan = this.#analyze(text)
    lastId += 1
    const statement: KnownStatement = {
      id: lastId.toString(36),
      plan,
      rules:
        plan.kind === 'read' && plan.uncacheable === undefined ? this.#rules(plan.dependencies) : undefined,
      guarded: isGuarded(plan),
      admission: { unserved: 0 },
    }
    const oldest = this.#known.size >= MOST_STATEMENTS ? this.#known.keys().next() : undefined
    if (oldest?.done === false) this.#known.delete(oldest.value)
    this.#known.set(text, statement)
    return statement
  }

  #rules(dependencies: ReadPlan['dependencies']): ReadRules | undefined {
    return rulesFor(dependencies, this.#tables)
  }
}

/** The rules for reads with these dependencies; `undefined` when one of the tables is not opted in. */
export function rulesFor(
  dependencies: readonly ReadDependency[],
  tables: (table: TableInfo) => TableCacheSettings | undefined,
): ReadRules | undefined {
  let ttl = Number.POSITIVE_INFINITY
  let maxStale = Number.POSITIVE_INFINITY
  for (const { table } of dependencies) {
    const settings = tables(table)
    if (settings === undefined) return undefined
    ttl = Math.min(ttl, settings.ttl)
    maxStale = Math.min(maxStale, settings.maxStale)
  }
  return dependencies.length === 0 ? undefined : { dependencies, ttl, maxStale }
}

function isGuarded(plan: TextPlan): boolean {
  switch (plan.kind) {
    case 'read':
      return false
    case 'session':
      return plan.changesSession
    case 'batch':
      return plan.mayWrite || plan.changesSession
    default:
      return true
  }
}

import type { CacheSettings, TableCacheSettings } from '../base/cache-options.js'
import { Analyzer } from '../sql/analyzer.js'
import { type Catalog, loadCatalog } from '../sql/catalog.js'
import { loadParser } from '../sql/parse.js'
import type { TableInfo } from '../sql/plan.js'
import { countsStatement } from './change-counts.js'
import { Statements } from './statements.js'
import { wholeTag } from './tag-names.js'

/** What is known of the database's definitions at one time. Replaced whole, never changed. */
export interface Knowledge {
  readonly catalog: Catalog
  readonly statements: Statements
  readonly countsStatement: string
  /** The fingerprint of the keyed columns of a table, by the name of its whole tag. */
  readonly schemas: ReadonlyMap<string, string>
  settingsOf(table: TableInfo): TableCacheSettings | undefined
}

/** What it takes to know the definitions. */
export interface DefinitionsParts {
  readonly settings: CacheSettings
  readonly ask: Ask
  /** Called with each new knowledge, and the latest before it, before anybody uses it. */
  readonly onChange: (knowledge: Knowledge, before: Knowledge | undefined) => void
}

/** Asks the database. */
export type Ask = (text: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>

/** Reads the definitions of the database when they are needed, and again when they have changed. */
export class Definitions {
  readonly #parts: DefinitionsParts
  #knowledge: Knowledge | undefined
  #latest: Knowledge | undefined
  #loading: Promise<Knowledge> | undefined

  constructor(parts: DefinitionsParts) {
    this.#parts = parts
  }

  /** What is known; `undefined` before the first look, and while definitions are known to have changed. */
  get knowledge(): Knowledge | undefined {
    return this.#knowledge
  }

  /**
   * What is known, after a look at the database if need be; callers share one look.
   *
   * @throws the database's error
   */
  async ready(): Promise<Knowledge> {
    return this.#knowledge ?? this.#load()
  }

  /** Definitions have changed: looks again, whatever is known. A look that began before does not count. */
  async refresh(): Promise<Knowledge> {
    this.#knowledge = undefined
    await this.#loading?.catch(() => undefined)
    return this.#load()
  }

  /** What is known may be out of date: the next who needs it looks again. */
  forget(): void {
    this.#knowledge = undefined
  }

  #load(): Promise<Knowledge> {
    this.#loading ??= this.#look().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #look(): Promise<Knowledge> {
    const { settings, ask, onChange } = this.#parts
    await loadParser()
    const catalog = await loadCatalog(ask, {
      tables: [...settings.tables].map(([name, { keys }]) => ({ name, keys })),
      rowSecurityDeclared: settings.context !== undefined,
    })
    const knowledge = know(catalog, settings)
    onChange(knowledge, this.#latest)
    this.#knowledge = knowledge
    this.#latest = knowledge
    return knowledge
  }
}

function know(catalog: Catalog, settings: CacheSettings): Knowledge {
  const analyzer = new Analyzer(catalog)
  const byOid = new Map(catalog.tables.map(table => [table.oid, settings.tables.get(table.optedInAs)]))
  const settingsOf = (table: TableInfo) => byOid.get(table.oid)
  return {
    catalog,
    statements: new Statements(text => analyzer.analyze(text), settingsOf),
    countsStatement: countsStatement(catalog.tables),
    schemas: new Map(catalog.tables.map(table => [wholeTag(table), table.fingerprint])),
    settingsOf,
  }
}

import type { CacheSettings, TableCacheSettings } from '../base/cache-options.js'
import { OptionsError } from '../base/errors.js'
import { Analyzer } from '../sql/analyzer.js'
import { type Catalog, loadCatalog } from '../sql/catalog.js'
import { loadParser } from '../sql/parser.js'
import type { TableInfo } from '../sql/plan.js'
import { type Counting, countsStatement, type TableMembers } from './change-counts.js'
import { Statements } from './statements.js'
import { wholeTag } from './tag-names.js'

/** What is known of the database's definitions at one time. Replaced whole, never changed. */
export interface Knowledge {
  readonly catalog: Catalog
  /** The opted-in tables that exist, by the names they were opted in with. */
  readonly tables: ReadonlyMap<string, TableInfo>
  /** Names of opted-in tables that do not exist. */
  readonly missing: readonly string[]
  /** The server is a standby: what it says may be behind. */
  readonly standby: boolean
  /** Which database, and which history of it: system identifier, timeline, database. */
  readonly identity: string
  /** What had been done to the session in which all this was seen. */
  readonly session: string
  /** What else decides how the server reads a statement and writes its values. */
  readonly keyContext: readonly string[]
  readonly statements: Statements
  /** For queries under an identity. Absent: the pool hands none over. */
  readonly identityStatements: Statements | undefined
  readonly counting: Counting
  /** The fingerprint of the keyed columns of a table, by the name of its whole tag. */
  readonly schemas: ReadonlyMap<string, string>
  settingsOf(table: TableInfo): TableCacheSettings | undefined
}

/** What it takes to know the definitions. */
export interface DefinitionsParts {
  readonly settings: CacheSettings
  /** Queries may come under identities. */
  readonly identities: boolean
  readonly ask: Ask
  /** Called when declared keys no longer fit; they are left out. */
  readonly onMisfit: (error: OptionsError) => void
  /** Called with each new knowledge, and the latest before it, before anybody uses it. */
  readonly onChange: (knowledge: Knowledge, before: Knowledge | undefined) => void
}

/** Asks the database; the answer says in which session. */
export type Ask = (
  text: string,
  values?: unknown[],
) => Promise<{ rows: Record<string, unknown>[]; session: string }>

/** Reads the definitions of the database when they are needed, and again when they have changed. */
export class Definitions {
  readonly #parts: DefinitionsParts
  #knowledge: Knowledge | undefined
  #latest: Knowledge | undefined
  #doubted = false
  /** Counts the reasons to look again: what was seen before the latest does not count. */
  #generation = 0
  #shared: Promise<Knowledge> | undefined

  constructor(parts: DefinitionsParts) {
    this.#parts = parts
  }

  /** What is known; `undefined` before the first look, and while definitions are known to have changed. */
  get knowledge(): Knowledge | undefined {
    return this.#knowledge
  }

  /** What was known last, whether or not it still holds. */
  get latest(): Knowledge | undefined {
    return this.#latest
  }

  /**
   * What is known, after a look at the database if need be; callers share one look.
   *
   * @throws the database's error
   */
  async ready(): Promise<Knowledge> {
    if (this.#knowledge !== undefined) return this.#knowledge
    this.#shared ??= this.#lookOrConfirm(this.#parts.ask).finally(() => {
      this.#shared = undefined
    })
    return this.#shared
  }

  /**
   * As {@link Definitions.ready}, for who holds a connection: it looks through that one, because the look that others
   * share may be waiting for it.
   */
  async readyThrough(ask: Ask): Promise<Knowledge> {
    return this.#knowledge ?? this.#lookOrConfirm(ask)
  }

  /** Definitions have changed: whoever needs them next looks again. A look that began before does not count. */
  forget(): void {
    this.#knowledge = undefined
    this.#doubted = false
    this.#generation++
  }

  /** As {@link Definitions.forget}, and looks at once. */
  async refresh(ask: Ask = this.#parts.ask): Promise<Knowledge> {
    this.forget()
    return this.#look(ask)
  }

  /** Another server may answer from now on: nothing counts as known until it has said who it is. */
  doubt(): void {
    this.forget()
    this.#doubted = true
  }

  async #lookOrConfirm(ask: Ask): Promise<Knowledge> {
    const latest = this.#latest
    if (!this.#doubted || latest === undefined) return this.#look(ask)
    const generation = this.#generation
    if ((await identityOf(ask)).identity !== latest.identity) return this.#look(ask)
    // Doubted again meanwhile: this answer does not count.
    if (generation === this.#generation) {
      this.#knowledge = latest
      this.#doubted = false
    }
    return latest
  }

  async #look(ask: Ask): Promise<Knowledge> {
    const { settings, identities, onChange } = this.#parts
    const generation = this.#generation
    await loadParser()
    const { present, missing, standby } = await lookAtTables(ask, [...settings.tables.keys()])
    const keyed = Object.fromEntries(present.map(name => [name, settings.tables.get(name)?.keys ?? []]))
    const options = { tables: present, rowSecurityDeclared: settings.context !== undefined, identities }
    const catalog = await loadCatalog(ask, { ...options, keyed }).catch(error => {
      // A declared key that was right at first has been dropped since: no reason for queries to fail.
      if (this.#latest === undefined || !(error instanceof OptionsError)) throw error
      this.#parts.onMisfit(error)
      return loadCatalog(ask, options)
    })
    const { identity, session } = await identityOf(ask)
    const knowledge = know(catalog, { settings, present, missing, standby, identity, session })
    if (generation !== this.#generation) return knowledge
    onChange(knowledge, this.#latest)
    this.#knowledge = knowledge
    this.#latest = knowledge
    this.#doubted = false
    return knowledge
  }
}

/**
 * Which database answers, and which history of it: system identifier, timeline, database. The timeline is that of the
 * WAL being written, because the control file learns of a promotion only with the next checkpoint. Who may not see the
 * system identifier gets the start of the server instead: then a restart is a cold cache.
 */
async function identityOf(ask: Ask): Promise<{ identity: string; session: string }> {
  const { rows, session } = await ask(`
    SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS allowed,
           CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline,
           pg_postmaster_start_time()::text AS started, oid::text AS oid, datname AS name
      FROM pg_database WHERE datname = current_database()`)
  const [row] = rows
  const system = row?.allowed
    ? (await ask('SELECT system_identifier::text AS id FROM pg_control_system()')).rows[0]?.id
    : row?.started
  return { identity: [system, row?.timeline, row?.oid, row?.name].join('/'), session }
}

/** Which of the opted-in tables exist, and whether the server is a standby. */
async function lookAtTables(
  ask: Ask,
  names: readonly string[],
): Promise<{ present: string[]; missing: string[]; standby: boolean }> {
  const text = `SELECT pg_is_in_recovery() AS standby,
      array(SELECT to_regclass(name) IS NOT NULL FROM unnest($1::text[]) WITH ORDINALITY AS n(name, i) ORDER BY i) AS found`
  const { rows } = await ask(text, [names])
  const { standby, found } = rows[0] as { standby: boolean; found: boolean[] }
  return {
    present: names.filter((_, index) => found[index]),
    missing: names.filter((_, index) => !found[index]),
    standby,
  }
}

interface Look {
  readonly settings: CacheSettings
  readonly present: readonly string[]
  readonly missing: readonly string[]
  readonly standby: boolean
  readonly identity: string
  readonly session: string
}

function know(catalog: Catalog, { settings, present, missing, standby, identity, session }: Look): Knowledge {
  const tables = new Map(present.flatMap(name => catalog.named(name).map(table => [name, table] as const)))
  const byOid = new Map([...tables].map(([name, table]) => [table.oid, settings.tables.get(name)]))
  const settingsOf = (table: TableInfo) => byOid.get(table.oid)
  const { server } = catalog
  const definitions = catalog.fingerprint
  return {
    catalog,
    tables,
    missing,
    standby,
    statements: statementsOf(catalog, settingsOf),
    identityStatements: catalog.underIdentity && statementsOf(catalog.underIdentity, settingsOf),
    counting: {
      statement: countsStatement(membersOf(catalog)),
      before: catalog.deferrableTriggers ? ['SET CONSTRAINTS ALL IMMEDIATE'] : [],
    },
    schemas: new Map(catalog.tables.map(table => [wholeTag(table), `${table.fingerprint}${definitions}`])),
    identity,
    session,
    keyContext: [server.searchPath.join(), JSON.stringify(server.settings), session],
    settingsOf,
  }
}

function statementsOf(catalog: Catalog, settingsOf: Knowledge['settingsOf']): Statements {
  const analyzer = new Analyzer(catalog)
  return new Statements(text => analyzer.analyze(text), settingsOf)
}

/** The opted-in tables with their partitions and children. */
function membersOf({ tables, members }: Catalog): TableMembers[] {
  return tables.map(({ oid }) => ({
    oid,
    members: [...members].filter(([, { table }]) => table.oid === oid).map(([member]) => member),
  }))
}

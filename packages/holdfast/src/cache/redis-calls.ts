import { createHash, randomBytes } from 'node:crypto'
import type { RemoteMark } from './ports.js'
import type { RedisLink, ScriptCall } from './redis-link.js'

/** Tags in one script, so that none keeps the server busy for long. */
const MAX_TAGS_PER_CALL = 256
/** Life of a table's stamp that processes with different schemas share: as long as a deployment takes. */
const MIXED_LIFE_MS = 600_000

/** A call of a script that takes nothing but tags. */
export function tagCall(link: RedisLink, script: ScriptCall['script'], tags: readonly string[]): ScriptCall {
  return { script, keys: tags.map(tag => link.tagKey(tag)), args: [] }
}

/** A call of a script that works on the tags and tables of a write. */
export function markCall(
  link: RedisLink,
  { tags, tables, mark }: RemoteMark,
  script: ScriptCall['script'],
): ScriptCall {
  const keys = [...tags, ...tables.map(({ name }) => name)].map(name => link.tagKey(name))
  const schemas = tables.map(({ schema }) => schema ?? 'none')
  return { script, keys, args: [String(tags.length), randomName(), String(MIXED_LIFE_MS), ...schemas, mark] }
}

/** The names in groups that one script may work on; one group at least. */
export function pieces(names: readonly string[]): string[][] {
  const groups: string[][] = []
  for (let from = 0; from === 0 || from < names.length; from += MAX_TAGS_PER_CALL) {
    groups.push(names.slice(from, from + MAX_TAGS_PER_CALL))
  }
  return groups
}

/** 120 random bits as text. */
export function randomName(): string {
  return randomBytes(15).toString('base64url')
}

/** A hash tag in braces, readable by its prefix; the identity is hashed because it may hold any characters. */
export function rootOf({ prefix, databaseIdentity }: { prefix: string; databaseIdentity: string }): string {
  const readable = prefix.replaceAll(/[^\w.-]/g, '').slice(0, 64)
  const identity = createHash('sha256').update(`${prefix}\n${databaseIdentity}`).digest('base64url')
  return `{${readable}:${identity.slice(0, 22)}}`
}

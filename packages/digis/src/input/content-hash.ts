import { createHash } from 'node:crypto'

/** SHA-256 of what JSON can hold. The order of an object's keys does not count. */
export function contentHash(content: unknown): Buffer {
  return createHash('sha256').update(canonical(content)).digest()
}

/** JSON with the keys of every object in order, so that equal contents are equal texts. */
function canonical(content: unknown): string {
  return JSON.stringify(content, (_, value: unknown) => (isObject(value) ? sorted(value) : value)) ?? ''
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

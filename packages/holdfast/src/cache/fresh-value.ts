/** Where a value comes from on each hit: itself when it cannot be changed or is a Date, else a function that makes it. */
export type Source = unknown

/** Deeper than this, or circular, a value is made from its text again. */
const MOST_DEPTH = 32

/** Characters. Of a longer text the copiers of all parts would take many times its memory; it is parsed again. */
export const LONGEST_COPIED = 4_096

/** A value of a result: its text, and what makes a value of it. */
export interface ParsedText {
  readonly text: string
  parser(text: string): unknown
}

/**
 * Prepares a value for being handed out again and again, to callers who may change what they get. What cannot be
 * copied safely, such as an instance of a class, will be made of its text each time.
 */
export function sourceOf({ text, parser }: ParsedText): Source {
  const value = parser(text)
  if (isPrimitive(value) || isDate(value)) return value
  const copied = ArrayBuffer.isView(value) || text.length <= LONGEST_COPIED
  return (copied ? copierOf(value, 0) : undefined) ?? (() => parser(text))
}

/** A value of its own for one caller. */
export function fresh(source: Source): unknown {
  if (typeof source === 'function') return source()
  return typeof source === 'object' && source !== null ? new Date(source as Date) : source
}

/** Whether all callers can share a value. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function')
}

type Copier = () => unknown

function copierOf(value: unknown, depth: number): Copier | undefined {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return undefined
  switch (Object.getPrototypeOf(value)) {
    case Buffer.prototype:
      return () => Buffer.from(value as Buffer)
    case Uint8Array.prototype:
      return () => (value as Uint8Array).slice()
    case Array.prototype:
      return arrayCopier(value as unknown[], depth)
    case Object.prototype:
      return objectCopier(value as Record<string, unknown>, depth)
    default:
      return undefined
  }
}

function arrayCopier(array: unknown[], depth: number): Copier | undefined {
  const keys = Reflect.ownKeys(array).filter(key => key !== 'length')
  if (keys.length !== array.length || !isPlain(array, keys)) return undefined
  if (array.every(isPrimitive)) return () => array.slice()
  const sources = sourcesOf(array, depth)
  return sources && (() => sources.map(fresh))
}

function objectCopier(object: Record<string, unknown>, depth: number): Copier | undefined {
  if (!isPlain(object, Reflect.ownKeys(object))) return undefined
  const nested = Object.keys(object).filter(key => !isPrimitive(object[key]))
  if (nested.length === 0) return () => ({ ...object })
  const sources = sourcesOf(
    nested.map(key => object[key]),
    depth,
  )
  return sources && (() => copyNested({ ...object }, nested, sources))
}

/** Gives a flat copy its own nested values. */
function copyNested(
  copy: Record<string, unknown>,
  keys: readonly string[],
  sources: readonly Source[],
): object {
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    if (key === '__proto__') replace(copy, key, fresh(sources[index]))
    else copy[key] = fresh(sources[index])
  }
  return copy
}

/** Assigning would set the prototype. */
function replace(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Sources of nested values; `undefined` when one of them cannot be copied. */
function sourcesOf(values: readonly unknown[], depth: number): Source[] | undefined {
  const sources: Source[] = []
  for (const value of values) {
    const source = isPrimitive(value) || isDate(value) ? value : copierOf(value, depth + 1)
    if (source === undefined && value !== undefined) return undefined
    sources.push(source)
  }
  return sources
}

/** Whether a copy of the enumerable values is a copy of everything. */
function isPlain(object: object, keys: readonly PropertyKey[]): boolean {
  if (!Object.isExtensible(object) || Object.keys(object).length !== keys.length) return false
  return keys.every(key => {
    const { writable, configurable } = Object.getOwnPropertyDescriptor(object, key) ?? {}
    return writable === true && configurable === true
  })
}

function isDate(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Date.prototype &&
    Reflect.ownKeys(value).length === 0
  )
}

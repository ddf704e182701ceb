import type { FastifyError, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { FieldError } from './problem.js'
import { PATTERN_MESSAGES } from './schemas/fields.js'

/**
 * Compiles a TypeBox schema to Fastify's validator. Bodies are taken as they are: JSON has numbers. In addresses
 * and headers everything is text, so there a number or boolean that is written exactly as one becomes one.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  // Once for each route; a request only runs what came out.
  const compiled = Compile(schema)
  const types = httpPart === 'body' ? {} : scalarTypes(schema)
  return (given: unknown) => {
    const value = converted(given, types)
    if (compiled.Check(value)) return { value }
    return { error: compiled.Errors(value) as unknown as FastifySchemaValidationError[] }
  }
}

/** Whether a thrown value is Fastify's report of what a validator found. */
export function isValidationError(
  error: unknown,
): error is FastifyError & Required<Pick<FastifyError, 'validation'>> {
  return error instanceof Error && Array.isArray((error as { validation?: unknown }).validation)
}

/** Each field that does not fit, once, with what it must be. */
export function fieldErrors(error: Required<Pick<FastifyError, 'validation'>> & FastifyError): FieldError[] {
  const byField = new Map<string, string>()
  for (const finding of error.validation) {
    for (const [field, message] of findings(finding)) {
      // The last finding of a field is the outermost: "one of these", not each of them.
      if (finding.keyword !== 'boolean') byField.set(field, message)
    }
  }
  return [...byField].map(([field, message]) => ({
    field: field === '' ? (error.validationContext ?? 'body') : field,
    message,
  }))
}

/** The fields that one finding is about: several are missing or unknown at once. */
function findings({
  keyword,
  instancePath,
  params,
  message,
}: FastifySchemaValidationError): [string, string][] {
  const at = pathOf(instancePath)
  const below = (names: unknown) =>
    Array.isArray(names) ? names.map(name => (at === '' ? String(name) : `${at}.${name}`)) : []
  if (keyword === 'additionalProperties') {
    return below(params.additionalProperties).map(field => [field, 'is not a known field'])
  }
  if (keyword === 'required') return below(params.requiredProperties).map(field => [field, 'must be given'])
  if (keyword === 'enum')
    return [[at, `must be one of ${(params.allowedValues as unknown as string[]).join(', ')}`]]
  if (keyword === 'pattern') return [[at, patternMessage(String(params.pattern))]]
  return [[at, message ?? 'does not fit']]
}

/** A regular expression tells people nothing. */
function patternMessage(pattern: string): string {
  return PATTERN_MESSAGES[pattern] ?? `must match ${pattern}`
}

/** `/address/street` is `address.street`. */
function pathOf(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
}

/** The properties of an object schema that are numbers or booleans. */
function scalarTypes(schema: TSchema): Readonly<Record<string, string>> {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {}
  const entries = Object.entries(properties).map(([name, { type }]) => [name, type ?? ''] as const)
  return Object.fromEntries(entries.filter(([, type]) => ['integer', 'number', 'boolean'].includes(type)))
}

/** A copy with the numbers and booleans read; what cannot be read stays text and fails the schema by its name. */
function converted(given: unknown, types: Readonly<Record<string, string>>): unknown {
  if (typeof given !== 'object' || given === null || Object.keys(types).length === 0) return given
  const entries = Object.entries(given).map(([name, value]) => [name, scalar(value, types[name])])
  return Object.fromEntries(entries)
}

/** Only the plain decimal form counts: `0x10`, `1e3` and blanks are not what a caller means by a number. */
function scalar(value: unknown, type: string | undefined): unknown {
  if (typeof value !== 'string' || type === undefined) return value
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}

import type { Catalog } from './catalog.js'
import { bodyOf, namesOf, type Tagged, untag } from './parse.js'
import type { Operand } from './plan.js'

/** The fields of a constant. A value that is zero, empty or false is an empty object. */
interface Constant {
  readonly isnull?: boolean
  readonly ival?: { readonly ival?: number }
  readonly fval?: { readonly fval?: string }
  readonly sval?: { readonly sval?: string }
  readonly boolval?: { readonly boolval?: boolean }
}

interface TypeCast {
  readonly arg?: Tagged
  readonly typeName?: TypeName
}

interface TypeName {
  readonly names?: readonly Tagged[]
  readonly typmods?: readonly Tagged[]
  readonly arrayBounds?: readonly Tagged[]
  readonly setof?: boolean
  readonly pct_type?: boolean
}

/**
 * What a column of some family is compared with: a parameter or a constant, also with a cast that changes nothing.
 * `undefined` for everything else, and for what PostgreSQL would compare as another type.
 */
export function operandOf(node: unknown, family: string, catalog: Catalog): Operand | undefined {
  const found = untag(node)
  if (found?.[0] === 'ParamRef') return { kind: 'parameter', index: Number(found[1].number) }
  if (found?.[0] === 'A_Const') return constant(found[1], family)
  if (found?.[0] !== 'TypeCast') return undefined
  const cast = found[1] as TypeCast
  if (castFamily(cast.typeName, catalog) !== family) return undefined
  // A number as text loses its spelling: '1e3'::text is not 1e3::text.
  const text = bodyOf<Constant>(cast.arg, 'A_Const')
  if (text !== undefined && text.sval === undefined && family === 'text') return undefined
  const inner = untag(cast.arg)?.[0]
  return inner === 'TypeCast' ? undefined : operandOf(cast.arg, family, catalog)
}

/** The family of types that a cast leads to; `undefined` when it has none, or cuts the value. */
export function castFamily(type: TypeName | undefined, catalog: Catalog): string | undefined {
  if (type?.typmods || type?.arrayBounds || type?.setof || type?.pct_type) return undefined
  const names = namesOf(type?.names)
  const name = names.at(-1)
  return name === undefined || names.length > 2
    ? undefined
    : catalog.types.named(names.length === 2 ? names[0] : undefined, name)
}

/** A constant that is of the family without a cast: a quoted one is of any, a bare number only a number. */
function constant(body: Constant, family: string): Operand | undefined {
  const text = constantText(body, family)
  return text === undefined ? undefined : { kind: 'constant', text }
}

function constantText({ isnull, ival, fval, sval, boolval }: Constant, family: string): string | undefined {
  if (isnull === true) return undefined
  if (sval !== undefined) return sval.sval ?? ''
  if (family === 'integer' && ival !== undefined) return String(ival.ival ?? 0)
  if (family === 'integer' && fval !== undefined) return fval.fval
  if (family === 'bool' && boolval !== undefined) return String(boolval.boolval ?? false)
  return undefined
}

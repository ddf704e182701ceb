import type { QueryRequest } from '../base/execute.js'
import type { WritePlan } from '../sql/plan.js'

/** The SQL of a request; `undefined`: a prepared statement called by its name alone. */
export function textOf({ config }: QueryRequest): string | undefined {
  return typeof config === 'string' ? config : config.text
}

/** A write whose rows nobody asks for: under other settings its names may mean other tables. */
export function unattributed(plan: WritePlan): WritePlan {
  return { ...plan, attribution: undefined }
}

/** Whether a statement may have failed because of what was added to it. */
export function isOfAttribution(error: unknown, { attribution }: WritePlan, request: QueryRequest): boolean {
  if (attribution === undefined) return false
  const { code, position } = error as { code?: string; position?: string }
  if (code === INSUFFICIENT_PRIVILEGE) return true
  return code === UNDEFINED_COLUMN && Number(position) > commonLength(textOf(request) ?? '', attribution.text)
}

const INSUFFICIENT_PRIVILEGE = '42501'
const UNDEFINED_COLUMN = '42703'

/** How many characters two texts begin with in common; the server counts characters, not UTF-16 units. */
function commonLength(one: string, other: string): number {
  const [left, right] = [[...one], [...other]]
  const different = left.findIndex((character, index) => character !== right[index])
  return different === -1 ? left.length : different
}

import pg, { type CustomTypesConfig } from 'pg'

const INT8 = 20

/**
 * pg's types, but a bigint is a number where a number holds it exactly. The old platform's keys were integers and
 * came as numbers; as texts, which is what pg makes of a bigint, they would no longer be equal to themselves.
 */
export const numberTypes: CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') => {
    if (id === INT8 && format !== 'binary') return parseInt8
    return format === 'binary' ? pg.types.getTypeParser(id, format) : pg.types.getTypeParser(id, 'text')
  }) as CustomTypesConfig['getTypeParser'],
}

/** A bigint's text as a number, or as it is when a number would not be exact. */
export function parseInt8(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

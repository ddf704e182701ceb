import type { FastifySchemaValidationError } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { describe, expect, test } from 'vitest'
import { compileValidator, fieldErrors, isValidationError } from './validation.js'

const Pets = Type.Object(
  {
    name: Type.String({ maxLength: 5, pattern: '^[^\\u0000]*$' }),
    legs: Type.Optional(Type.Integer({ minimum: 0 })),
    kind: Type.Optional(Type.Enum(['cat', 'dog'])),
    tame: Type.Optional(Type.Boolean()),
    home: Type.Optional(Type.Object({ street: Type.String() }, { additionalProperties: false })),
  },
  { additionalProperties: false },
)

function check(schema: TSchema, httpPart: string, given: unknown) {
  const validate = compileValidator({ schema, httpPart, method: 'POST', url: '/' })
  const result = validate(given) as { value?: unknown; error?: FastifySchemaValidationError[] }
  if (result.error === undefined) return { value: result.value }
  const error = Object.assign(new Error('invalid'), { validation: result.error, validationContext: httpPart })
  return { errors: fieldErrors(error as never) }
}

test.each([
  [{}, [{ field: 'name', message: 'must be given' }]],
  [{ name: 'Tomcat' }, [{ field: 'name', message: 'must not have more than 5 characters' }]],
  [{ name: 'T\0m' }, [{ field: 'name', message: 'must not contain the NUL character' }]],
  [{ name: 'Tom', legs: -1 }, [{ field: 'legs', message: 'must be >= 0' }]],
  [{ name: 'Tom', legs: '4' }, [{ field: 'legs', message: 'must be integer' }]],
  [{ name: 'Tom', kind: 'cow' }, [{ field: 'kind', message: 'must be one of cat, dog' }]],
  [{ name: 'Tom', wings: 2 }, [{ field: 'wings', message: 'is not a known field' }]],
  [{ name: 'Tom', home: {} }, [{ field: 'home.street', message: 'must be given' }]],
  ['Tom', [{ field: 'body', message: 'must be object' }]],
])('%j as a body is refused by field', (given, errors) => {
  expect(check(Pets, 'body', given)).toEqual({ errors })
})

test('every field that does not fit is named', () => {
  const { errors = [] } = check(Pets, 'body', { legs: 1.5, kind: 1, wings: 2 })
  expect(errors.map(({ field }) => field).sort()).toEqual(['kind', 'legs', 'name', 'wings'])
})

describe('in an address, where everything is text', () => {
  test('numbers and booleans are read', () => {
    const { value } = check(Pets, 'querystring', { name: '7', legs: '4', tame: 'false' })
    expect(value).toEqual({ name: '7', legs: 4, tame: false })
  })

  test.each(['', ' 4', '4x', '0x10', '1e3', '4.5', 'NaN', 'Infinity'])('%j is no whole number', legs => {
    expect(check(Pets, 'querystring', { name: 'Tom', legs })).toMatchObject({ errors: [{ field: 'legs' }] })
  })
})

test('only the report of a validator counts as one', () => {
  expect(isValidationError(new Error('other'))).toBe(false)
  expect(isValidationError(Object.assign(new Error('invalid'), { validation: [] }))).toBe(true)
})

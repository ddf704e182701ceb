import Type, { type Static, type TSchema } from 'typebox'

/** A reference to a schema by its `$id`, so that the OpenAPI document describes it once, by name. */
export function named<T extends TSchema>(schema: T & { $id?: string }) {
  return Type.Unsafe<Static<T>>(Type.Ref(schema.$id ?? ''))
}

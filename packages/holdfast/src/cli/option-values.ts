/** The options of a command as they were given: checked, of the right kind. */
export class OptionValues {
  readonly #values: ReadonlyMap<string, readonly (string | true)[]>

  constructor(values: ReadonlyMap<string, readonly (string | true)[]>) {
    this.#values = values
  }

  /** Whether a flag was given. */
  flag(name: string): boolean {
    return this.#values.has(name)
  }

  /** The value of an option, the last one where it was given more than once. */
  text(name: string): string | undefined {
    const value = this.#values.get(name)?.at(-1)
    return value === true ? undefined : value
  }

  /** All values of an option, those between commas too; empty when it was not given. */
  texts(name: string): readonly string[] {
    const given = this.#values.get(name) ?? []
    return given.flatMap(value => (value === true ? [] : value.split(','))).filter(text => text !== '')
  }
}

/** A column of a result, as pg's `FieldDef` has it. */
export interface RawField {
  readonly name: string
  readonly tableID: number
  readonly columnID: number
  readonly dataTypeID: number
  readonly dataTypeSize: number
  readonly dataTypeModifier: number
  readonly format: string
}

/** The result of one statement as the server sent it: values in text form, unparsed. Never changed once made. */
export interface RawResult {
  /** `SELECT`, … */
  readonly command: string
  readonly rowCount: number | null
  readonly fields: readonly RawField[]
  readonly rows: readonly (readonly (string | null)[])[]
}

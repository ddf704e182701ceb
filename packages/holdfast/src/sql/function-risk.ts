/** Functions that answer by the clock. */
const CLOCK = new Set(['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp', 'timeofday'])

/**
 * Stable functions whose answer depends only on their arguments and on settings that belong to a cached value's key.
 * Those that look up names (`to_regclass`), the session (`current_setting`) or other data are not here.
 */
const BY_SETTINGS = new Set(
  (
    'anytextcat textanycat array_to_json array_to_string concat concat_ws convert convert_from convert_to date date_add ' +
    'date_part date_subtract date_trunc enum_first enum_last enum_range extract format generate_series in_range ' +
    'json_agg json_agg_strict json_build_array json_build_object json_object_agg json_object_agg_strict ' +
    'json_object_agg_unique json_object_agg_unique_strict json_populate_record json_populate_recordset ' +
    'json_to_record json_to_recordset json_to_tsvector jsonb_agg jsonb_agg_strict jsonb_build_array ' +
    'jsonb_build_object jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique ' +
    'jsonb_object_agg_unique_strict jsonb_populate_record jsonb_populate_record_valid jsonb_populate_recordset ' +
    'jsonb_to_record jsonb_to_recordset jsonb_to_tsvector length make_timestamptz money numeric overlaps ' +
    'phraseto_tsquery plainto_tsquery quote_literal quote_nullable row_to_json time timestamp timestamptz timetz ' +
    'timezone to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector ts_headline ' +
    'websearch_to_tsquery'
  ).split(' '),
)

/** PostgreSQL's own functions that run SQL given as text, or read relations by name. */
const RUNS_SQL = /^(?:query|table|schema|database|cursor)_to_xml|^ts_stat$|^ts_rewrite$/

/** What a call of one of PostgreSQL's own functions can do to a cached value. */
export type BuiltinRisk = 'none' | 'clock' | 'not-immutable' | 'may-write'

/**
 * @param volatility the worst of the overloads: `i`, `s` or `v`
 * @param arguments_ how many arguments it is called with
 */
export function builtinRisk(name: string, volatility: string, arguments_: number): BuiltinRisk {
  if (CLOCK.has(name)) return 'clock'
  // With one argument it counts from midnight of today.
  if (name === 'age') return arguments_ === 1 ? 'clock' : 'none'
  if (RUNS_SQL.test(name)) return 'may-write'
  return volatility === 'i' || (volatility === 's' && BY_SETTINGS.has(name)) ? 'none' : 'not-immutable'
}

export type { CachedResult, CachingPool, MakePool, Nesting, Sender } from './pools.js'
export { type Finding, type Tally, Violation } from './run-case.js'
export { type SearchOptions, type SearchResult, searchViolation } from './search.js'

/**
 * The dependency rule as data. There is no list of exceptions: whoever needs another edge changes a line here, in a
 * commit that says why.
 *
 * @typedef {{ layer: number, mayImport: readonly string[] }} Layer
 * @typedef {{ ours: readonly string[] }} Member
 */

const BELOW_POOL = [
  'base',
  'resilience',
  'sql',
  'driver',
  'connections',
  'changes',
  'cluster',
  'cache',
  'monitoring',
  'migrate',
  'doctor',
]

/**
 * What each folder (or file) directly in `packages/holdfast/src` may import, besides itself.
 *
 * @type {Readonly<Record<string, Layer>>}
 */
export const LAYERS = {
  base: { layer: 0, mayImport: [] },
  resilience: { layer: 1, mayImport: ['base'] },
  sql: { layer: 1, mayImport: ['base'] },
  driver: { layer: 2, mayImport: ['base'] },
  connections: { layer: 3, mayImport: ['base', 'resilience', 'driver'] },
  changes: { layer: 3, mayImport: ['base', 'resilience', 'driver'] },
  cluster: { layer: 4, mayImport: ['base', 'resilience', 'driver', 'connections'] },
  // Redis, the change feed and the database are ports that the cache declares itself.
  cache: { layer: 4, mayImport: ['base', 'resilience', 'sql'] },
  // It subscribes to events and is handed functions that return snapshots.
  monitoring: { layer: 5, mayImport: ['base'] },
  migrate: { layer: 5, mayImport: ['base', 'sql'] },
  doctor: { layer: 5, mayImport: ['base', 'sql'] },
  'pool.ts': { layer: 6, mayImport: BELOW_POOL },
  'index.ts': { layer: 6, mayImport: [...BELOW_POOL, 'pool.ts'] },
  // The command line eats our own public API.
  cli: { layer: 7, mayImport: ['index.ts'] },
}

/** The member of the workspace whose `src` is layered by {@link LAYERS}. */
export const LAYERED_MEMBER = 'packages/holdfast'

/**
 * Every place that holds code, and which of our packages its sources may import by their public names.
 *
 * @type {Readonly<Record<string, Member>>}
 */
export const MEMBERS = {
  'packages/holdfast': { ours: [] },
  'packages/testkit': { ours: [] },
  'packages/digis': { ours: ['holdfast'] },
  'apps/api': { ours: ['holdfast', '@holdfast/digis'] },
  // It speaks HTTP only.
  'apps/dashboard': { ours: [] },
  benchmarks: { ours: ['holdfast', '@holdfast/digis', '@holdfast/testkit'] },
  examples: { ours: ['holdfast', '@holdfast/digis'] },
  // `npm start` puts the database, the demo data and the service together: nothing stands above it.
  scripts: { ours: ['holdfast', '@holdfast/digis', '@holdfast/testkit', '@holdfast/api'] },
}

/** What test files may import besides what their package may. */
export const TEST_TOOLS = ['vitest', 'fast-check', '@holdfast/testkit']

import { defineConfig } from 'vitest/config'

/** Tests import our packages built, as their users do, so vitest must not transform them again. */
const builtPackages = [/\/(packages|apps)\/[^/]+\/dist\//]
const exclude = ['**/node_modules/**', '**/dist/**', '**/fixtures/**']

/** Their subject is what a process has loaded, or they lay the schema out in another way and then run other files' tests. */
const inProcessesOfTheirOwn = [
  'packages/digis/test/{partitions,layouts}/*.test.ts',
  'packages/digis/test/db-*.test.ts',
  'packages/holdfast/test/monitoring/{no-,}opentelemetry.test.ts',
  'apps/api/test/telemetry.test.ts',
]

const onRealServers = {
  globalSetup: ['scripts/vitest/shared-server.ts'],
  setupFiles: ['scripts/vitest/leak-check.ts'],
  server: { deps: { external: builtPackages } },
  // What is waited for comes, also on a machine that is ten times slower; only a hang is given up.
  expect: { poll: { timeout: 30_000, interval: 10 } },
  testTimeout: 180_000,
  hookTimeout: 180_000,
}

export default defineConfig({
  test: {
    pool: 'forks',
    // Many wait for something most of the time, so that two cores serve four files.
    maxWorkers: 4,
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.ts', '{scripts,benchmarks}/**/*.test.ts'],
          exclude: [...exclude, 'scripts/test/**'],
          // They change nothing that outlives them, and most of their time was spent on starting a process for each file.
          isolate: false,
          server: { deps: { external: builtPackages } },
          testTimeout: 10_000,
        },
      },
      {
        test: {
          ...onRealServers,
          name: 'integration',
          include: ['{packages,apps}/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
          exclude: [...exclude, ...inProcessesOfTheirOwn],
          // Otherwise much of the processor's time goes into loading the same modules for each file.
          isolate: false,
        },
      },
      {
        test: { ...onRealServers, name: 'isolated', include: inProcessesOfTheirOwn, exclude },
      },
    ],
  },
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { HistoryChecker, machineTime, WORKLOAD_STATES } from '@holdfast/testkit'
import { FaultPlan } from './fault-plan.mjs'
import { administer, startServers } from './servers.mjs'
import { Tally } from './tally.mjs'
import { WorkerSet } from './worker-set.mjs'

/** Milliseconds between two looks at what the workers recorded. */
const HEAR_EVERY = 100

/**
 * Runs the workload under faults and checks its history.
 *
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<import('./tally.mjs').Verdict>}
 */
export async function runCoherence(options) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-coherence-'))
  const servers = await startServers(options)
  try {
    return await check({ options, folder, servers })
  } finally {
    await servers.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {{ options: import('./options.mjs').Options, folder: string, servers: import('./servers.mjs').Servers }} given */
async function check({ options, folder, servers }) {
  const bound = options.consistency === 'bounded' ? options.bound : 0
  const checker = new HistoryChecker({ bound })
  await tellBeginning(checker, servers)
  const tally = new Tally(options, checker)
  const urls = (/** @type {number} */ index) => {
    const { databaseUrl, redisUrl } = servers.urls(index)
    return options.memory ? { databaseUrl } : { databaseUrl, redisUrl }
  }
  const workers = new WorkerSet({ options, folder, checker, urls, onEvent: event => tally.count(event) })
  const plan = new FaultPlan(options, { servers, workers })
  for (let index = 0; index < options.processes; index += 1) workers.start(index)
  plan.start()
  const until = machineTime() + options.minutes * 60_000
  while (machineTime() < until && !(options.stop && tally.violations.length > 0)) {
    await delay(HEAR_EVERY)
    workers.hear()
    tally.add(checker.settle(), plan)
    tally.revived += workers.revive()
  }
  await plan.stop()
  await workers.stop()
  tally.add(checker.finish(), plan)
  return tally.verdict(plan, workers.reports)
}

/** The rows that are there from the start. @param {HistoryChecker} checker @param {import('./servers.mjs').Servers} servers */
async function tellBeginning(checker, servers) {
  const rows = await administer(servers.postgres.url, WORKLOAD_STATES)
  const start = machineTime()
  const write = 'beginning'
  checker.add('beginning', { kind: 'begin', write, process: -1, name: 'the first rows', start, scope: {} })
  const changes = rows.map(({ register, version, group }) => ({ register, version: Number(version), group }))
  checker.add('beginning', { kind: 'end', write, end: machineTime(), outcome: 'committed', changes })
}

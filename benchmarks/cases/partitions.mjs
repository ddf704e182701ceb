/**
 * What monthly partitions of sessions cost and gain, and what the daily statistics cost: the numbers of the guide to
 * scaling.
 *
 * Promises: becoming partitioned locks the table for at most 2 s; old months go at least five times as fast as by DELETE (the
 * more rows, the more so);
 * the statistics equal what payments and sessions say.
 */
import { parseArgs } from 'node:util'
import { ensurePartitions, partitionByMonth, reconcileCreatorDays } from '@holdfast/digis'
import { startPostgres } from '@holdfast/testkit'
import { CALLS } from '../partitions/calls.mjs'
import { layOut, MONTHS } from '../partitions/layouts.mjs'
import { throughputOf } from '../partitions/payments-per-second.mjs'
import { compareCalls, timed } from '../partitions/timings.mjs'
import { describeMachine, publish } from '../result.mjs'
import { table } from '../table.mjs'

const PROMISE = { lockedMillis: 2_000, retireRatio: 5 }
const options = readArguments(process.argv.slice(2))
const server = await startPostgres({ settings: { shared_buffers: '1GB', max_wal_size: '4GB' } })
const result = await measure().finally(() => server[Symbol.asyncDispose]())
publish(result, { options, text: asText(result) })

/** @param {string[]} args */
function readArguments(args) {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean' }, save: { type: 'boolean' }, rows: { type: 'string' } },
  })
  const { json = false, save = false, rows = '2000000' } = values
  if (!/^[1-9]\d{3,8}$/.test(rows))
    throw new Error(`--rows: expected a number from 1000 on, given "${rows}".`)
  return { json, save, quick: false, rounds: 1, rows: Number(rows) }
}

async function measure() {
  const { rows } = options
  const plain = await layOut('one table', { server, rows, monthly: false })
  const converted = await layOut('converted', { server, rows, monthly: false })
  const monthly = await layOut('monthly', { server, rows, monthly: true })
  const all = [plain, converted, monthly]
  const sizes = await sizesOf(plain.digis)
  const conversion = await convert(converted.digis)
  const fill = await timed(() => reconcileCreatorDays(plain.digis.pool))
  const again = await timed(() => reconcileCreatorDays(plain.digis.pool))
  const ahead = await timed(() => ensurePartitions(monthly.digis.pool, { table: 'sessions', ahead: 6 }))
  const calls = await compareCalls(all, CALLS)
  const payments = await throughputOf(plain.digis)
  const retiring = await retire(plain.digis, monthly.digis)
  for (const { digis } of all) await digis.end()
  return judge({
    ...{ rows, months: MONTHS, sizes, conversion, calls, payments, retiring },
    reconcile: {
      days: fill.result.mended,
      fillMillis: fill.millis,
      nightlyMillis: again.millis,
      drift: again.result.mended,
    },
    ahead: { partitions: ahead.result.length, millis: ahead.millis },
  })
}

async function sizesOf({ query }) {
  const { rows } = await query(`
    SELECT pg_table_size('sessions') AS sessions, pg_indexes_size('sessions') AS session_indexes,
           pg_relation_size('idx_sessions_start_time') AS brin, pg_relation_size('sessions_pkey') AS primary_key,
           pg_table_size('payments') AS payments`)
  return rows[0]
}

async function convert({ pool }) {
  /** @type {{ step: string, at: number }[]} */
  const steps = []
  const onProgress = step => steps.push({ step, at: performance.now() })
  const { millis, result } = await timed(() =>
    partitionByMonth(pool, { table: 'sessions', column: 'start_time', onProgress }),
  )
  const end = performance.now()
  return {
    millis,
    lockedMillis: result.lockedMillis,
    steps: steps.map(({ step, at }, index) => ({ step, millis: (steps[index + 1]?.at ?? end) - at })),
  }
}

/** The oldest whole month goes: by DELETE, after its payments, and by its partition. */
async function retire(plain, monthly) {
  const { rows } = await monthly.query(
    "SELECT ends FROM partitions_of('sessions') WHERE NOT is_default ORDER BY ends LIMIT 2",
  )
  const end = rows[1].ends
  await plain.query(
    'DELETE FROM payments WHERE session_id IN (SELECT id FROM sessions WHERE start_time < $1)',
    [end],
  )
  const byDelete = await timed(() => plain.query('DELETE FROM sessions WHERE start_time < $1', [end]))
  const byPartition = await timed(() =>
    ensurePartitions(monthly.pool, { table: 'sessions', ahead: 6, retain: `${MONTHS - 2} months` }),
  )
  return {
    deletedRows: byDelete.result.rowCount,
    deleteMillis: byDelete.millis,
    dropped: byPartition.result.filter(change => change.action === 'dropped').length,
    dropMillis: byPartition.millis,
  }
}

function judge(numbers) {
  const { conversion, retiring, reconcile } = numbers
  const ratio = retiring.deleteMillis / retiring.dropMillis
  const broken = [
    ...(conversion.lockedMillis > PROMISE.lockedMillis
      ? [`locked for ${Math.round(conversion.lockedMillis)} ms`]
      : []),
    ...(ratio < PROMISE.retireRatio ? [`a month goes only ${ratio.toFixed(1)} × as fast`] : []),
    ...(reconcile.drift > 0 ? [`${reconcile.drift} days differed`] : []),
  ]
  const head = { benchmark: 'partitions', ok: broken.length === 0, broken, promise: PROMISE }
  return { ...head, machine: describeMachine(), ...numbers }
}

function asText({ rows, conversion, calls, payments, retiring, reconcile, ahead }) {
  const ms = value => value.toFixed(value < 10 ? 2 : 0)
  return [
    `${rows} sessions over ${MONTHS} months; medians in milliseconds`,
    table(
      calls.map(({ call, millis }) => ({
        call,
        ...Object.fromEntries(Object.entries(millis).map(([name, value]) => [name, ms(value)])),
      })),
    ),
    `Becoming partitioned: ${ms(conversion.millis)} ms, of which the table was locked ${ms(conversion.lockedMillis)} ms.`,
    table(conversion.steps.map(({ step, millis }) => ({ step, ms: ms(millis) }))),
    `${retiring.deletedRows} rows by DELETE: ${ms(retiring.deleteMillis)} ms; ${retiring.dropped} months by partition: ${ms(retiring.dropMillis)} ms.`,
    `${ahead.partitions} partitions ahead: ${ms(ahead.millis)} ms.`,
    `Daily statistics: ${reconcile.days} days filled in within ${ms(reconcile.fillMillis)} ms, compared nightly in ${ms(reconcile.nightlyMillis)} ms.`,
    table(
      payments.map(({ name, without, kept, ratio }) => ({
        payments: name,
        'without, a second': Math.round(without),
        'with, a second': Math.round(kept),
        ratio: ratio.toFixed(2),
      })),
    ),
  ].join('\n\n')
}

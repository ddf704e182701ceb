/**
 * The doctor on a large schema: 2,000 tables with 24,000 columns, 10,000 indexes, 4,000 foreign keys and as many
 * policies, on the embedded PostgreSQL and on the system's own where there is one.
 *
 * Promise: no check takes a second, and none is skipped because it would.
 */
import { installedPostgres, startPostgres } from '@holdfast/testkit'
import { doctor } from 'holdfast'
import pg from 'pg'
import { describeMachine, publish, readOptions } from '../result.mjs'
import { table } from '../table.mjs'

const LIMIT_MILLIS = 1_000
/** Locks of one transaction are limited, so tables are made in batches of this many. */
const BATCH = 100

const options = readOptions(process.argv.slice(2), { rounds: 7, quickRounds: 1 })
const tables = options.quick ? 200 : 2_000
const servers = [undefined, ...installedPostgres().slice(0, 1)]
const results = []
for (const binaries of servers) results.push(await measure(binaries))

const broken = results.flatMap(({ version, slowest, late }) => [
  ...slowest
    .filter(({ millis }) => millis >= LIMIT_MILLIS)
    .map(({ id, millis }) => `${id} took ${millis} ms on ${version}`),
  ...late.map(id => `${id} was skipped on ${version}`),
])
const outcome = {
  benchmark: 'doctor',
  ok: broken.length === 0,
  broken,
  promise: { millis: LIMIT_MILLIS },
  machine: describeMachine(),
  tables,
  rounds: options.rounds,
  servers: results,
}
publish(outcome, { options, text: results.map(describe).join('\n\n') })

/** @param {string | undefined} binaries */
async function measure(binaries) {
  const server = await startPostgres(binaries === undefined ? {} : { binaries })
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    await build(client)
    const reports = []
    for (let round = 0; round < options.rounds; round += 1) {
      reports.push(await doctor(client, { statisticsDays: 0, queryTimeout: LIMIT_MILLIS }))
    }
    return summarize(reports)
  } finally {
    await client.end()
    await server[Symbol.asyncDispose]()
  }
}

/** @param {pg.Client} client */
async function build(client) {
  await client.query('CREATE ROLE anon; CREATE ROLE authenticated; CREATE SCHEMA big')
  for (let first = 1; first <= tables; first += BATCH) {
    await client.query(`
      DO $$
      DECLARE parent text;
      BEGIN
        FOR n IN ${first}..${Math.min(first + BATCH - 1, tables)} LOOP
          parent := 'big.t' || greatest(n - 1, 1);
          EXECUTE format('CREATE TABLE big.t%s (id bigserial PRIMARY KEY, parent_id bigint, other_id bigint, status text, email text,
            amount numeric, balance bigint, body jsonb, created_at timestamp, updated_at timestamptz, owner uuid, tags text[])', n);
          EXECUTE format('ALTER TABLE big.t%s ADD FOREIGN KEY (parent_id) REFERENCES %s, ADD FOREIGN KEY (other_id) REFERENCES %s', n, parent, parent);
          EXECUTE format('CREATE INDEX ON big.t%1$s (parent_id); CREATE INDEX ON big.t%1$s (status, created_at);
            CREATE INDEX ON big.t%1$s (status); CREATE INDEX ON big.t%1$s (email) WHERE email IS NOT NULL', n);
          EXECUTE format('ALTER TABLE big.t%1$s ENABLE ROW LEVEL SECURITY;
            CREATE POLICY reading ON big.t%1$s FOR SELECT USING (owner::text = current_setting(''app.user'', true));
            CREATE POLICY writing ON big.t%1$s FOR ALL TO authenticated USING (true)', n);
        END LOOP;
      END $$`)
  }
  await client.query('ANALYZE')
}

/** @param {import('holdfast').DoctorReport[]} reports */
function summarize(reports) {
  const [first] = reports
  if (first === undefined) throw new Error('no round was run')
  const slowest = Object.keys(first.millis)
    .map(id => ({ id, millis: Math.max(...reports.map(({ millis }) => millis[id] ?? 0)) }))
    .sort((a, b) => b.millis - a.millis)
  const totals = reports.map(({ millis }) => Object.values(millis).reduce((sum, each) => sum + each, 0))
  return {
    version: first.version,
    slowest: slowest.slice(0, 8),
    totalMillis: Math.round(Math.max(...totals)),
    late: [
      ...new Set(
        reports.flatMap(({ skipped }) =>
          skipped.filter(({ reason }) => /longer than/.test(reason)).map(({ id }) => id),
        ),
      ),
    ],
    findings: first.findings.length + Object.values(first.omitted).reduce((sum, each) => sum + each, 0),
  }
}

/** @param {ReturnType<typeof summarize>} result */
function describe({ version, slowest, totalMillis, findings }) {
  const rows = slowest.map(({ id, millis }) => ({ check: id, 'slowest run, ms': millis }))
  return `PostgreSQL ${version}, ${tables} tables: all checks ${totalMillis} ms, ${findings} findings\n${table(rows)}`
}

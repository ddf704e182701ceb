import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { PRIVATE_NETWORKS, runInPrivateNetwork } from '../support/private-network.js'

/**
 * Rows of the classification in which the network gives no way to the server: a name that nobody can resolve at the
 * moment, no route to its address, an address that is out of reach. Each is told by the system's own network.
 */

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A name leads to the server, then nowhere, then to the server again; what was asked in between is done once. */
const SCRIPT = `
  const { execFileSync } = require('node:child_process')
  const fs = require('node:fs')
  const net = require('node:net')
  const { Pool } = require('holdfast')

  const sockets = new Set()
  const relay = net.createServer(socket => {
    const onward = net.connect(process.env.RELAY)
    for (const each of [socket, onward]) {
      sockets.add(each)
      each.on('error', () => {})
      each.on('close', () => { socket.destroy(); onward.destroy() })
    }
    socket.pipe(onward).pipe(socket)
  })
  const leadTo = address => fs.writeFileSync(process.env.HOSTS, address ? address + ' database.test\\n' : '')
  const FAULTS = {
    EAI_AGAIN: () => leadTo(undefined),
    ENETUNREACH: () => leadTo('198.51.100.1'),
    EHOSTUNREACH: () => {
      execFileSync('ip', ['route', 'add', 'unreachable', '203.0.113.0/24'])
      leadTo('203.0.113.1')
    },
  }

  async function main() {
    await new Promise(resolve => relay.listen(0, '127.0.0.1', resolve))
    const url = Object.assign(new URL(process.env.URL), { hostname: 'database.test', port: relay.address().port })
    let failed
    const pool = new Pool({
      connectionString: url.href,
      ssl: false,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      connectionTimeoutMillis: 60_000,
      log: (message, error) => message === 'client failed to connect' && failed(error),
    })
    leadTo('127.0.0.1')
    await pool.query('CREATE TABLE notes (fault text)')
    for (const [code, begin] of Object.entries(FAULTS)) {
      const lost = new Promise(resolve => pool.once('error', resolve))
      const failure = new Promise(resolve => { failed = resolve })
      begin()
      for (const socket of sockets) socket.destroy()
      await lost
      const pending = pool.query('INSERT INTO notes VALUES ($1)', [code])
      console.log(code, (await failure).cause.code)
      leadTo('127.0.0.1')
      await pending
    }
    await pool.end()
    relay.close()
  }
  void main()`

test('ENETUNREACH: a server without a route to it that was never reached is told of soon', async () => {
  // No TCP goes to everybody at once.
  const pool = new Pool({
    connectionString: 'postgres://nobody@255.255.255.255/none',
    ssl: false,
    logger: SILENT,
  })
  onTestFinished(() => pool.end())
  const error = await pool.query('SELECT 1').catch(each => each)
  expect(error).toMatchObject({ code: 'HOLDFAST_CONNECT_UNREACHABLE', cause: { code: 'ENETUNREACH' } })
})

test.each(PRIVATE_NETWORKS)(
  'EAI_AGAIN, ENETUNREACH, EHOSTUNREACH: nothing was sent, so a write waits until there is a way again (in %s)',
  async () => {
    const { url } = await temporaryDatabase()
    const { output, exit } = await (await runInPrivateNetwork(SCRIPT, url)).ended
    expect(output.trim().split('\n')).toEqual([
      'EAI_AGAIN EAI_AGAIN',
      'ENETUNREACH ENETUNREACH',
      'EHOSTUNREACH EHOSTUNREACH',
    ])
    expect(exit).toEqual([0, null])
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query('SELECT fault FROM notes')
    await client.end()
    expect(rows.map(({ fault }) => fault)).toEqual(['EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'])
  },
)

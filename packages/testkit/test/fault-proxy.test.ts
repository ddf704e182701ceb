import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { FaultProxy } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'

/** A proxy in front of a server that sends everything back. */
async function echo(): Promise<FaultProxy> {
  const server = createServer(socket => socket.on('error', () => undefined).pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await FaultProxy.start((server.address() as AddressInfo).port)
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]()
    server.close()
  })
  return proxy
}

async function connected(proxy: FaultProxy): Promise<Socket> {
  const socket = createConnection({ port: proxy.port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return socket
}

async function said(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  const [answer] = await once(socket, 'data')
  return String(answer)
}

test('what is sent arrives in both directions', async () => {
  const socket = await connected(await echo())
  expect(await said(socket, 'hello')).toBe('hello')
})

test('a cut ends connections, and new ones work', async () => {
  const proxy = await echo()
  const socket = await connected(proxy)
  await said(socket, 'hello')
  proxy.cut()
  await once(socket, 'close')
  expect(await said(await connected(proxy), 'again')).toBe('again')
})

test('a reset is seen as one', async () => {
  const proxy = await echo()
  const socket = await connected(proxy)
  await said(socket, 'hello')
  proxy.reset()
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNRESET' })
})

test('while it stalls nothing arrives; what was held back arrives afterwards', async () => {
  const proxy = await echo()
  const socket = await connected(proxy)
  await said(socket, 'hello')
  proxy.stall()
  const answer = said(socket, 'held back')
  expect(await Promise.race([answer, delay(50, 'nothing')])).toBe('nothing')
  proxy.heal()
  expect(await answer).toBe('held back')
})

test('an isolated server takes no connection until it is healed', async () => {
  const proxy = await echo()
  proxy.isolate()
  const socket = createConnection({ port: proxy.port, host: '127.0.0.1' }).on('error', () => undefined)
  await new Promise(resolve => socket.once('close', resolve))
  proxy.heal()
  expect(await said(await connected(proxy), 'again')).toBe('again')
})

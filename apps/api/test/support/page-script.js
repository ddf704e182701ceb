/**
 * Runs in the page: fetches in a loop, as applications do, and counts what came of it.
 *
 * `ok`: answers of 200 and 201. `failures`: the others by status, and the errors by name. `payments`: the ids of those that
 * were acknowledged.
 */
globalThis.tally = { ok: 0, failures: {}, slowest: 0, payments: [], wishes: 0 }

/** Fetches each of these again and again until {@link stopLoops}. `token` may be absent. */
globalThis.startLoops = function startLoops(requests) {
  globalThis.stopped = false
  globalThis.loops = requests.map(request => loop(request))
}

globalThis.stopLoops = async function stopLoops() {
  globalThis.stopped = true
  await Promise.all(globalThis.loops)
  return globalThis.tally
}

async function loop({ url, token, pay, pause }) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const body = pay === undefined ? undefined : JSON.stringify(pay)
  while (!globalThis.stopped) {
    const began = performance.now()
    if (body === undefined) await count(fetch(url, { headers, cache: 'no-store' }))
    else
      await count(
        paid(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body }),
      )
    globalThis.tally.slowest = Math.max(globalThis.tally.slowest, performance.now() - began)
    await new Promise(resolve => setTimeout(resolve, pause))
  }
}

async function paid(url, options) {
  globalThis.tally.wishes += 1
  const response = await globalThis.callApi(url, options)
  if (response.status === 201) globalThis.tally.payments.push((await response.clone().json()).id)
  return response
}

async function count(answer) {
  const { tally } = globalThis
  try {
    const response = await answer
    await response.text()
    if (response.status === 200 || response.status === 201) tally.ok += 1
    else tally.failures[response.status] = (tally.failures[response.status] ?? 0) + 1
  } catch (error) {
    const name = `${error.name}: ${error.message}`
    tally.failures[name] = (tally.failures[name] ?? 0) + 1
  }
}

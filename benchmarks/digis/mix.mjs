/**
 * What callers of the service ask: 90 % reads. Creators, users, sessions and search terms are drawn by Zipf's law,
 * under which the second is asked for half as often as the first.
 *
 * @typedef {import('./http-client.mjs').HttpRequest & { kind: string, isRead: boolean }} Call
 * @typedef {import('./people.mjs').People} People
 */

const TERMS =
  'salsa piano yoga guitar language dance cooking painting fitness singing chess photography drawing violin tango ' +
  'meditation writing running drums ballet Lisbon Berlin beginners patient steps stage teacher music jazz laugh'

/** Of a hundred requests. */
const READS = {
  creators: 18,
  search: 12,
  creator: 25,
  profile: 10,
  sessions: 10,
  session: 7,
  payments: 5,
  earnings: 3,
}
const WRITES = { update: 3, start: 3, end: 2, pay: 2 }
const WEIGHTS = { ...READS, ...WRITES }
/** One change of a profile in so many is a creator's. */
const CREATORS_UPDATE = 20

/**
 * @param {People} people
 * @param {() => number} random in [0, 1)
 * @returns {() => Call} draws the next one
 */
export function createMix({ creators, fans, meetings }, random) {
  const [anyCreator, anyFan, anyMeeting] = [creators, fans, meetings].map(list => zipf(list, random))
  const anyTerm = zipf(TERMS.split(' '), random)
  const anyKind = weighted(WEIGHTS, random)
  let changes = 0
  /** @type {Record<string, () => import('./http-client.mjs').HttpRequest>} */
  const requests = {
    creators: () => get('/creators?limit=20'),
    search: () => get(`/creators/search?q=${encodeURIComponent(anyTerm())}&limit=20`),
    creator: () => get(`/creators/${anyCreator().id}`),
    profile: () => get('/users/me', anyFan()),
    sessions: () => get('/sessions?limit=20', anyFan()),
    session: () => {
      const { id, fan } = anyMeeting()
      return get(`/sessions/${id}`, fan)
    },
    payments: () => get('/payments?limit=20', anyFan()),
    earnings: () => get('/users/me/earnings', anyCreator()),
    update: () => {
      const person = ++changes % CREATORS_UPDATE === 0 ? anyCreator() : anyFan()
      return { ...send('/users/me', person, { bio: `Changed for the ${changes}th time.` }), method: 'PATCH' }
    },
    start: () => send('/sessions', anyFan(), { creator_id: anyCreator().id }),
    end: () => {
      const { id, fan } = anyMeeting()
      return send(`/sessions/${id}/end`, fan)
    },
    pay: () => {
      const { id, fan } = anyMeeting()
      return send('/payments', fan, { session_id: id, amount: '5.00' })
    },
  }
  return () => {
    const kind = anyKind()
    return { kind, isRead: kind in READS, .../** @type {any} */ (requests)[kind]() }
  }
}

/** @param {string} path @param {import('./people.mjs').Person} [person] */
function get(path, person) {
  return { method: 'GET', path: `/api${path}`, ...(person && { token: person.token }) }
}

/** @param {string} path @param {import('./people.mjs').Person} person @param {object} [body] */
function send(path, { token }, body) {
  return { method: 'POST', path: `/api${path}`, token, ...(body && { body }) }
}

/**
 * @template T
 * @param {readonly T[]} list the most popular first
 * @param {() => number} random
 * @returns {() => T}
 */
export function zipf(list, random) {
  return drawn(
    list.map((value, index) => /** @type {const} */ ([value, 1 / (index + 1)])),
    random,
  )
}

/** @param {Readonly<Record<string, number>>} weights @param {() => number} random */
function weighted(weights, random) {
  return drawn(Object.entries(weights), random)
}

/**
 * @template T
 * @param {readonly (readonly [T, number])[]} list
 * @param {() => number} random
 * @returns {() => T}
 */
function drawn(list, random) {
  let sum = 0
  const upTo = list.map(([, weight]) => (sum += weight))
  return () => {
    const point = random() * sum
    let [low, high] = [0, list.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (/** @type {number} */ (upTo[middle]) > point) high = middle
      else low = middle + 1
    }
    return /** @type {readonly [T, number]} */ (list[low])[0]
  }
}

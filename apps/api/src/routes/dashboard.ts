import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { App } from '../app.js'
import type { LiveMonitor } from '../live/live-monitor.js'
import type { LivePage } from '../live/live-page.js'
import { COOKIE, SIGNED_IN } from '../live/page-access.js'
import { type PageFile, readPageFiles } from '../live/page-files.js'
import { meterRequests } from '../live/request-meter.js'
import { streamEvents } from '../live/stream-events.js'
import { Problem } from '../problem.js'

/** Nothing of the page is inline, and nothing comes from elsewhere. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Not part of the API's description; who may see it is decided by the page's own guard. */
const HIDDEN = { schema: { hide: true }, config: { access: 'public' } } as const

/**
 * The live page, its numbers, and in the demo its buttons.
 *
 * `GET /dashboard` · `GET /dashboard/access` · `GET /dashboard/snapshot` · `GET /dashboard/history` · `GET /dashboard/live` ·
 * `GET /dashboard/plans/:id` · `POST /dashboard/sign-in` · `POST /dashboard/demo/:action`
 */
export async function dashboardRoutes(app: App, page: LivePage): Promise<void> {
  const monitor = page.start(meterRequests(app))
  app.addHook('preClose', () => page.close())
  pageRoutes(app, page, await readPageFiles())
  numberRoutes(app, page, monitor)
  if (page.demo !== undefined) demoRoutes(app, page)
}

/** The files say nothing of the service: with a token they are open, because the form to sign in is among them. */
function pageRoutes(app: App, page: LivePage, files: ReadonlyMap<string, PageFile>): void {
  const send = (name: string) => async (request: FastifyRequest, reply: FastifyReply) => {
    if (page.guard.access(request) === 'elsewhere') throw elsewhere()
    const file = files.get(name)
    return reply
      .headers({ 'content-security-policy': CSP, 'cache-control': 'no-cache' })
      .type(file?.type ?? '')
      .serializer((content: Buffer) => content as never)
      .send(file?.content)
  }
  app.get('/dashboard', HIDDEN, send('index.html'))
  for (const name of files.keys()) app.get(`/dashboard/${name}`, HIDDEN, send(name))
  app.post(
    '/dashboard/sign-in',
    { ...HIDDEN, schema: { hide: true, body: Type.Object({ token: Type.String({ maxLength: 1_024 }) }) } },
    async (request, reply) => {
      const value = page.guard.signIn(request.body.token)
      if (value === undefined) throw tokenNeeded('That is not the token of the live page.')
      const secure = request.protocol === 'https' ? '; Secure' : ''
      const attributes = `Path=/dashboard; Max-Age=${SIGNED_IN}; HttpOnly; SameSite=Strict${secure}`
      return reply.code(204).header('set-cookie', `${COOKIE}=${value}; ${attributes}`).send()
    },
  )
}

function numberRoutes(app: App, page: LivePage, monitor: LiveMonitor): void {
  const guarded = { ...HIDDEN, preHandler: guardOf(page) }
  const { history } = monitor
  const now = () => ({ ...monitor.view, demo: page.demo?.state ?? null })
  // Asked first, because browsers complain about each 401, also about one that was expected.
  app.get('/dashboard/access', HIDDEN, async request => {
    const access = page.guard.access(request)
    if (access === 'elsewhere') throw elsewhere()
    return { granted: access === 'granted' }
  })
  app.get('/dashboard/snapshot', guarded, async () => now())
  app.get('/dashboard/history', guarded, async () => ({
    columns: monitor.view.columns,
    points: history.hours,
  }))
  app.get('/dashboard/live', guarded, (request, reply) => {
    const stream = streamEvents(request, reply, monitor)
    stream.send('start', { ...now(), points: history.seconds })
    stream.follow(() => stream.send('second', now()))
  })
  const schema = { hide: true, params: Type.Object({ id: Type.String({ maxLength: 64 }) }) }
  app.get('/dashboard/plans/:id', { ...guarded, schema }, async request => {
    const plan = await page.explain(request.params.id)
    if (plan === undefined)
      throw new Problem('not-found', {
        detail: 'This process has not run such a statement, or has forgotten it.',
      })
    return plan
  })
}

/** The buttons; whether they exist is the page's own affair. */
function demoRoutes(app: App, page: LivePage): void {
  const schema = { hide: true, params: Type.Object({ action: Type.String({ maxLength: 32 }) }) }
  app.post(
    '/dashboard/demo/:action',
    { ...HIDDEN, schema, preHandler: guardOf(page) },
    async (request, reply) => {
      if (page.demo?.begin(request.params.action) !== true)
        throw new Problem('conflict', { detail: 'There is no such action, or another one is going on.' })
      return reply.code(202).send(page.demo.state)
    },
  )
}

function guardOf({ guard }: LivePage) {
  return async (request: FastifyRequest) => {
    const access = guard.access(request)
    if (access === 'elsewhere') throw elsewhere()
    if (access === 'token-needed') throw tokenNeeded('Send the token of the live page.')
  }
}

/** Told to whoever is not at this machine, where there is no token that they could have. */
function elsewhere(): Problem {
  const detail =
    'The live page is shown on the machine of the service only; set DASHBOARD_TOKEN to see it from elsewhere.'
  return new Problem('forbidden', { detail })
}

function tokenNeeded(detail: string): Problem {
  const headers = { 'www-authenticate': 'Bearer realm="holdfast live page"' }
  return new Problem('unauthenticated', { detail, headers })
}

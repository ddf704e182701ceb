import type { App } from './app.js'
import type { Access } from './authorize.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route of the service, in the order in which it was added. */
    readonly routeList: readonly KnownRoute[]
  }
}

/** A route as it was added: its pattern, such as `/api/users/:id`, and one method. */
export interface KnownRoute {
  readonly method: string
  readonly url: string
  /** Absent on the routes of the documentation page. */
  readonly access: Access | undefined
}

/** Keeps a list of the routes that are added from now on. */
export function followRoutes(app: App): void {
  const list: KnownRoute[] = []
  app.decorate('routeList', list)
  app.addHook('onRoute', ({ url, method, config }) => {
    for (const name of [method].flat()) list.push({ method: name, url, access: config?.access })
  })
}

/** The methods that `routes` has for a path, for 405 and its `Allow`; none for an unknown path. */
export function allowedMethods(routes: readonly KnownRoute[], path: string): readonly string[] {
  const segments = path.split('/')
  const matching = routes.filter(({ url }) => matches(url.split('/'), segments))
  return [...new Set(matching.map(({ method }) => method))].sort()
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length && pattern.every((part, at) => part.startsWith(':') || part === path[at])
  )
}

import type { App } from './app.js'
import type { KnownRoute } from './known-route.js'

/** Keeps a list of the routes that are added from now on. */
export function followRoutes(app: App): void {
  const list: KnownRoute[] = []
  app.decorate('routeList', list)
  app.addHook('onRoute', ({ url, method, config }) => {
    for (const name of [method].flat()) list.push({ method: name, url, access: config?.access })
  })
}

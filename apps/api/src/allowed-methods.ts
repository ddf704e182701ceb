import type { App } from './app.js'

interface Known {
  readonly segments: readonly string[]
  readonly methods: Set<string>
}

/**
 * Follows the routes that are added from now on.
 * @returns the methods that are known for a path, for 405 and its `Allow`; none for an unknown path
 */
export function followRoutes(app: App): (path: string) => readonly string[] {
  const known = new Map<string, Known>()
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { segments: url.split('/'), methods: new Set() }
    for (const name of [method].flat()) entry.methods.add(name)
    known.set(url, entry)
  })
  return path => {
    const segments = path.split('/')
    const matching = [...known.values()].filter(route => matches(route.segments, segments))
    return [...new Set(matching.flatMap(route => [...route.methods]))].sort()
  }
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  // The wildcard of preflight requests says nothing about a path.
  return (
    pattern.length === path.length && pattern.every((part, at) => part.startsWith(':') || part === path[at])
  )
}

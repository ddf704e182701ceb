import type { Access } from './access.js'

/** A route as it was added: its pattern, such as `/api/users/:id`, and one method. */
export interface KnownRoute {
  readonly method: string
  readonly url: string
  /** Absent on the routes of the documentation page. */
  readonly access: Access | undefined
}

/** The methods that `routes` has for a path, for 405 and its `Allow`; none for an unknown path. */
export function allowedMethods(routes: readonly KnownRoute[], path: string): readonly string[] {
  const segments = path.split('/')
  const matching = routes.filter(({ url }) => matches(url.split('/'), segments))
  return [...new Set(matching.map(({ method }) => method))].sort()
}

/** A placeholder stands for one segment, whatever it is. */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length && pattern.every((part, at) => part.startsWith(':') || part === path[at])
  )
}

import type { QueryRequest } from '../base/execute.js'

/** What a comment may consist of: nothing that could end it, or begin anything else. */
const HARMLESS = /^[\w=',%.-]+$/

/**
 * A request with the comment of its trace behind the text. It is added as late as this because everything before goes by
 * the text: the cache's keys, the plans of statements, statistics. A named statement stays as it is: the server
 * knows it by its text.
 */
export function commented(request: QueryRequest): QueryRequest {
  const comment = request.trace?.comment
  if (comment === undefined || !HARMLESS.test(comment)) return request
  const { config } = request
  if (typeof config === 'string') return { ...request, config: withComment(config, comment) }
  if (config.name !== undefined || typeof config.text !== 'string') return request
  // Not a copy: what else there is may be a getter, or come from a class.
  const text = { value: withComment(config.text, comment), enumerable: true, writable: true }
  return { ...request, config: Object.create(config, { text }) as typeof config }
}

/** Behind it, so that positions in errors stay right. */
function withComment(text: string, comment: string): string {
  return text === '' ? text : `${text} /*${comment}*/`
}

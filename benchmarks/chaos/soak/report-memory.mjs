/**
 * Loaded into the service beside its own program: tells the parent, when asked, what memory is in use once everything that
 * can be collected is collected. The service itself knows nothing of it.
 */
process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ heap: heapUsed + external, rss })
})
// Being asked must not keep the process from ending by itself.
process.channel?.unref()

import { startPostgres } from '@holdfast/testkit'

const s = await startPostgres({ settings: { max_connections: 100 } })
console.log(s.url)
process.stdin.resume()
process.stdin.on('end', async () => {
  await s[Symbol.asyncDispose]()
  process.exit()
})

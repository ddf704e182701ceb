/**
 * A process of its own for one contender. Arguments: its name and where it keeps entries. Needs `DATABASE_URL` and
 * `REDIS_URL`; takes its orders from its parent, see `contender.mjs`.
 */
import { loadRival } from '../rivals/rival.mjs'
import { commandsOf } from './contender-commands.mjs'

const [name = '', tier = ''] = process.argv.slice(2)
const rival = await loadRival(/** @type {import('../rivals/rival.mjs').RivalName} */ (name))
const session = await rival.open({
  connectionString: process.env.DATABASE_URL ?? '',
  redis: process.env.REDIS_URL ?? '',
  tier: /** @type {import('../rivals/rival.mjs').Tier} */ (tier),
})
/** @type {Record<string, (argument: any) => unknown>} */
const commands = commandsOf(session)

process.on('message', async message => {
  const { id, command, argument } = /** @type {{ id: number, command: string, argument: unknown }} */ (
    message
  )
  try {
    process.send?.({ id, value: await commands[command]?.(argument) })
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
// A benchmark that is interrupted leaves nobody behind.
process.on('disconnect', () => process.exit(1))

import { setTimeout as delay } from 'node:timers/promises'
import type { Command, CommandContext, ExitCode } from '../command.js'
import { screenOf } from '../live-screen.js'
import { type LiveSource, type Looked, lookAt } from '../live-view.js'
import { UsageError } from '../usage-error.js'

const DEFAULT_URL = 'http://127.0.0.1:3000'
/** Milliseconds between two looks. */
const PAUSE = 1_000

/** `holdfast top`. */
export const top: Command = {
  name: 'top',
  summary: 'Watch a running service: what its live page shows, in the terminal',
  usage: '[options]',
  about: `Redraws once a second until Ctrl-C, also while the service is away. With --once or --json it looks once; exit code 1
then means that the service says it is not working, 2 that it could not be asked.`,
  options: [
    { name: 'url', value: 'URL', about: `where the service is; default: ${DEFAULT_URL}` },
    {
      name: 'token',
      value: 'TOKEN',
      about:
        'the token of its live page; default: DASHBOARD_TOKEN, which other users of the machine cannot see',
    },
    { name: 'once', about: 'look once instead of once a second' },
  ],
  examples: [
    { line: 'holdfast top', about: 'a service on this machine' },
    { line: 'holdfast top --url https://api.example.com', about: 'another one, with DASHBOARD_TOKEN set' },
    { line: 'holdfast top --json', about: 'for scripts' },
  ],
  async run(context) {
    const source = sourceOf(context)
    if (context.options.flag('once') || context.output.json) return once(context, await lookAt(source))
    await watch(context, source)
    return 0
  },
}

/** @throws UsageError for what is no address of a service */
function sourceOf({ options, env }: CommandContext): LiveSource {
  const given = options.text('url') ?? DEFAULT_URL
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new UsageError(
      '--url must be an address such as https://api.example.com, without user and password.',
    )
  const token = options.text('token') ?? env.DASHBOARD_TOKEN
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token))
    throw new UsageError('--token must be printable ASCII without blanks.')
  return { url, token: token === '' ? undefined : token }
}

function once({ output }: CommandContext, looked: Looked): ExitCode {
  if ('problem' in looked) {
    if (output.json) output.object({ ok: false, error: { message: looked.problem } })
    output.note(`${output.paint('red', 'error:')} ${looked.problem}`)
    return 2
  }
  if (output.json) output.object({ ok: looked.view.state !== 'red', ...looked.view })
  else for (const line of linesOf(output, looked)) output.line(line)
  return looked.view.state === 'red' ? 1 : 0
}

/** Until somebody interrupts it. */
async function watch({ output }: CommandContext, source: LiveSource): Promise<void> {
  const interrupted = new AbortController()
  const stop = () => interrupted.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  if (output.isTerminal) output.redraw([])
  while (!interrupted.signal.aborted) {
    const looked = await lookAt(source, interrupted.signal)
    if (interrupted.signal.aborted) break
    output.redraw([
      ...linesOf(output, looked),
      '',
      output.paint('dim', `${source.url.origin}, Ctrl-C ends it`),
    ])
    await delay(PAUSE, undefined, { signal: interrupted.signal }).catch(() => undefined)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
}

function linesOf(output: CommandContext['output'], looked: Looked): readonly string[] {
  if ('problem' in looked) return [output.paint('red', 'No news'), `  ${looked.problem}`]
  return screenOf(looked.view, { columns: output.columns, paint: (style, text) => output.paint(style, text) })
}

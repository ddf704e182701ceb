import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram } from './find-program.js'
import { freePort } from './free-port.js'
import { type GuardedProcess, serverEnvironment } from './guardian.js'
import { temporaryFolder } from './reachable-folder.js'
import { ServerLog } from './server-log.js'
import { ServerProcess } from './server-process.js'

/** How a Prometheus is started. */
export interface PrometheusOptions {
  /** The configuration, as YAML or JSON; file names in it are relative to its folder. */
  readonly config: string
  /** More files beside the configuration, by name: rules, say. */
  readonly files?: Readonly<Record<string, string>>
}

/** Milliseconds in which a server starts on a busy machine. */
const START_DEADLINE = 30_000
/** Milliseconds in which a stop ends before the server is killed. */
const STOP_PATIENCE = 5000

/**
 * Starts a real Prometheus on 127.0.0.1 with an empty database; it ends when this process ends.
 *
 * @throws Error naming the package to install when there is no prometheus, or with the server's own words when it
 *   does not start
 */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
  const program = findProgram('prometheus')
  if (program === undefined) {
    throw new Error(
      'prometheus is not installed. Install it from the package "prometheus" (apt-get install prometheus, ' +
        'brew install prometheus, apk add prometheus).',
    )
  }
  const server = new PrometheusServer(program, options)
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

/** One series of an answer. */
export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** An alert that is pending or fires. */
export interface PrometheusAlert {
  readonly name: string
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>>
}

/** A running Prometheus. */
export class PrometheusServer {
  #port = 0
  readonly #program: string
  readonly #folder: string
  readonly #log: ServerLog
  readonly #process: ServerProcess

  constructor(program: string, { config, files = {} }: PrometheusOptions) {
    this.#program = program
    this.#folder = temporaryFolder(undefined, 'holdfast-prometheus-')
    this.#log = new ServerLog(join(this.#folder, 'server.log'))
    this.#process = new ServerProcess({ stopSignal: 'SIGTERM', removeFolder: this.#folder })
    const all = Object.entries({ ...files, 'prometheus.yml': config })
    for (const [name, text] of all) writeFileSync(join(this.#folder, name), text)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#port = await freePort()
      const problem = await this.#tryStart()
      if (problem === undefined) return
      if (attempt < 5 && /address already in use/i.test(problem)) continue
      throw new Error(`Prometheus did not start on port ${this.#port}:\n${problem}`)
    }
  }

  /** What an expression of PromQL is at this moment. */
  async query(expression: string): Promise<PrometheusSample[]> {
    const { result } = await this.#get(`query?query=${encodeURIComponent(expression)}`)
    return (result as { metric: Record<string, string>; value: [number, string] }[]).map(
      ({ metric, value }) => ({ labels: metric, value: Number(value[1]) }),
    )
  }

  /** Alerts that are pending or fire at this moment. */
  async alerts(): Promise<PrometheusAlert[]> {
    const { alerts } = await this.#get('alerts')
    return (alerts as { labels: Record<string, string>; state: PrometheusAlert['state'] }[]).map(
      ({ labels, state }) => ({ name: labels.alertname ?? '', state, labels }),
    )
  }

  /** Ends the server and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end('SIGTERM', STOP_PATIENCE)
    await this.#process.close()
  }

  async #get(path: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}/api/v1/${path}`)
    const { data, error } = (await response.json()) as { data?: Record<string, unknown>; error?: string }
    if (data === undefined) throw new Error(`Prometheus refused ${path}: ${error}`)
    return data
  }

  async #tryStart(): Promise<string | undefined> {
    this.#log.mark()
    const running = await this.#process.start({
      program: this.#program,
      args: [
        `--config.file=${join(this.#folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(this.#folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${this.#port}`,
        '--log.level=warn',
      ],
      folder: this.#folder,
      log: this.#log.path,
      environment: serverEnvironment(),
    })
    return this.#whenReady(running)
  }

  async #whenReady({ exited }: GuardedProcess): Promise<string | undefined> {
    const deadline = performance.now() + START_DEADLINE
    const end = exited.then(() => 'exited' as const)
    while (!(await this.#isReady())) {
      const state = await Promise.race([end, delay(20, 'running' as const)])
      if (state === 'exited') return this.#log.text() || 'It ended without a word'
      if (performance.now() > deadline) {
        await this.#process.kill()
        return `It was not ready after ${START_DEADLINE / 1000} s\n${this.#log.text()}`
      }
    }
    return undefined
  }

  /** Nothing announces it; a port that nobody listens on is not ready either. */
  #isReady(): Promise<boolean> {
    return fetch(`${this.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
}

import type { CommandProgress, MigrationProgress } from '../index.js'
import { inSeconds } from './durations.js'
import type { Output } from './output.js'
import { ProgressBar } from './progress-bar.js'

/** Shows a run of migrations: a line for each file that is done, and on a terminal a bar for the one that is not. */
export class MigrationScreen {
  readonly #output: Output
  readonly #bar: ProgressBar
  #started = performance.now()
  #phase = ''

  constructor(output: Output) {
    this.#output = output
    this.#bar = new ProgressBar(output.stderr, output.isLive)
  }

  show(step: MigrationProgress): void {
    if (step.state === 'running') return this.#showCommand(step.file, step.command)
    if (step.state === 'started') {
      this.#started = performance.now()
      return this.#bar.show(step.file)
    }
    this.#bar.clear()
    this.#output.note(this.#lineOf(step))
  }

  /** Takes the bar away. */
  end(): void {
    this.#bar.clear()
  }

  /** The bar moves with each answer; where nobody sees it, a line tells each phase once. */
  #showCommand(file: string, { command, table, phase, fraction }: CommandProgress): void {
    const text = `${file}: ${command}${table === null ? '' : ` on ${table}`}, ${phase}`
    this.#bar.show(`${text}, ${inSeconds(performance.now() - this.#started)}`, fraction ?? undefined)
    if (!this.#output.isLive && text !== this.#phase) this.#output.note(text)
    this.#phase = text
  }

  #lineOf(step: Exclude<MigrationProgress, { state: 'running' }>): string {
    const paint = this.#output.paint.bind(this.#output)
    const took = paint('dim', inSeconds(performance.now() - this.#started))
    if (step.state === 'waiting') return `${paint('cyan', 'waiting')}  ${step.reason}`
    if (step.state === 'retrying') return `${paint('yellow', 'attempt')} ${step.attempt}  ${step.reason}`
    if (step.state === 'cleaned') {
      return `${paint('yellow', 'dropped')}  the invalid index ${step.index}, left by an earlier attempt of ${step.file}`
    }
    return `${paint('green', step.state)}  ${step.file}  ${took}`
  }
}

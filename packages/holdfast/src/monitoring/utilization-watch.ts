import { formatMillis } from '../base/duration.js'
import type { PoolNumbers } from '../base/errors.js'
import type { UtilizationAlertSettings } from '../base/report-options.js'
import type { Warn, Warning } from '../base/warning.js'
import { stepUtilization, toldBy, UNUSED, utilizationEvent } from './utilization-alert.js'

/** Warns when most connections of a pool have been in use for some time, and when that is over. */
export class UtilizationWatch {
  readonly #settings: UtilizationAlertSettings
  readonly #warn: Warn
  #known = UNUSED

  constructor(settings: UtilizationAlertSettings, warn: Warn) {
    this.#settings = settings
    this.#warn = warn
  }

  /** The pool was looked at. */
  look(numbers: PoolNumbers, now: number): void {
    const { above, sustained } = this.#settings
    const before = this.#known
    this.#known = stepUtilization(before, utilizationEvent(numbers.active / numbers.max, above), {
      now,
      sustained,
    })
    const told = toldBy(before, this.#known)
    if (told !== undefined) this.#warn(warning(told, numbers, sustained))
  }
}

function warning(told: 'busy' | 'calm', numbers: PoolNumbers, sustained: number): Warning {
  const { name, active, max, waiting } = numbers
  const use = `${active} of ${max} connections (${Math.round((active / max) * 100)} %) are in use and ${waiting} callers wait`
  const long = formatMillis(sustained)
  if (told === 'calm') {
    const message = `Pool "${name}" has been less busy for ${long}: ${use}.`
    return { code: 'utilization-normal', message }
  }
  const message = `Pool "${name}" has been busy for ${long}: ${use}. Look for slow statements with pool.statements(), or raise "max" if the server has room.`
  return { code: 'utilization-high', message }
}

import type { Begin, RegisterName } from './events.js'

/** A write as it is told of in a violation; `end` is infinite when its outcome is unknown. */
export interface WriteStory extends Pick<Begin, 'write' | 'process' | 'name' | 'start'> {
  readonly end: number
}

/** One state that a register had or may have had. */
export interface State {
  readonly version: number
  /** `null`: it was gone. */
  readonly group: string | null
  readonly by: WriteStory
}

/** A read's view of one register: the states that explain it, and the times between which they count. */
export interface View {
  /** Whether a state alone would explain what was seen. */
  readonly fits: (state: State) => boolean
  /** The version it saw; `undefined` when it only saw that the register was not where it looked. */
  readonly version?: number | undefined
  /** States acknowledged before this instant are the least it has to show. */
  readonly floorAt: number
  /** States whose write began after this instant cannot have been seen. */
  readonly end: number
}

/** The states of one register, in the order of their versions. */
export class Register {
  /** Until when a write that may have changed it in any way may still have taken effect. */
  unsettledUntil = Number.NEGATIVE_INFINITY
  /** When the first of its states was acknowledged. */
  firstAcknowledged = Number.POSITIVE_INFINITY
  readonly name: RegisterName
  /** Few: what is too old to be seen is forgotten. */
  readonly #states: State[] = []

  constructor(name: RegisterName) {
    this.name = name
  }

  /** The state with the highest version, whatever its outcome. */
  get latest(): State | undefined {
    return this.#states.at(-1)
  }

  /** Takes in one more state; they may come in any order. */
  add(state: State): void {
    let at = this.#states.length
    while (at > 0 && (this.#states[at - 1] as State).version > state.version) at -= 1
    this.#states.splice(at, 0, state)
    this.firstAcknowledged = Math.min(this.firstAcknowledged, state.by.end)
  }

  /** The newest state that was acknowledged before an instant. */
  floor(at: number): State | undefined {
    return this.#states.findLast(({ by }) => by.end < at)
  }

  /** The newest state if it explains the view, or whatever else does; `undefined` when nothing does. */
  explanation({ fits, floorAt, end }: View): State | undefined {
    for (let index = this.#states.length - 1; index >= 0; index -= 1) {
      const state = this.#states[index] as State
      if (state.by.start < end && fits(state)) return state
      if (state.by.end < floorAt) return undefined
    }
    const never = { version: 0, group: null, by: NOBODY }
    return fits(never) ? never : undefined
  }

  /** The acknowledged states that a view should have shown instead. */
  missed({ version, floorAt }: View): State[] {
    const least = version ?? (this.floor(floorAt)?.version ?? 0) - 1
    return this.#states.filter(state => state.by.end < floorAt && state.version > least)
  }

  /** Forgets what no read that ends after this instant can be allowed to show. */
  prune(before: number): void {
    const floor = this.#states.findLastIndex(({ by }) => by.end < before)
    if (floor > 0) this.#states.splice(0, floor)
  }

  /** Whether all there is to know of it is that it has been gone since before this instant. */
  isGone(before: number): boolean {
    const [only, another] = this.#states
    const isEmpty =
      only === undefined || (another === undefined && only.group === null && only.by.end < before)
    return isEmpty && this.unsettledUntil === Number.NEGATIVE_INFINITY
  }
}

/** Who made the state in which nothing exists yet. */
const NOBODY: WriteStory = {
  write: '',
  process: -1,
  name: 'nothing',
  start: Number.NEGATIVE_INFINITY,
  end: Number.NEGATIVE_INFINITY,
}

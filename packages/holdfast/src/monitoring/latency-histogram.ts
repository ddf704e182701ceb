/** What a histogram says, in milliseconds; all 0 before the first value. */
export interface LatencySummary {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** So many calls took about so long. */
export interface LatencyBucket {
  /** The middle of the bucket, in milliseconds; the same bucket has the same always. */
  readonly millis: number
  readonly calls: number
}

/** Each octave of microseconds is divided into so many buckets of the same width. */
const PER_OCTAVE = 8
const SUB_BITS = 3
/** Up to 2^32 µs, which is 71 minutes; what takes longer counts as that. */
const OCTAVES = 32
const LONGEST_MICROS = 2 ** OCTAVES - 1
const BUCKETS = (OCTAVES - SUB_BITS + 1) * PER_OCTAVE

/**
 * A log-linear histogram of durations with fixed buckets: an observation is one increment and allocates nothing. A
 * percentile is the middle of its bucket, so it is off by at most a sixteenth of itself or half a microsecond; the maximum is exact.
 */
export class LatencyHistogram {
  /** Doubles: 32 bits are full after a day at 50,000 a second. */
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #max = 0

  get count(): number {
    return this.#count
  }

  observe(millis: number): void {
    this.#count++
    if (millis > this.#max) this.#max = millis
    const index = bucketOf(millis)
    this.#counts[index] = (this.#counts[index] as number) + 1
  }

  /** Observes no time at all. */
  observeNothing(): void {
    this.#count++
    this.#counts[0] = (this.#counts[0] as number) + 1
  }

  /** Adds all that another one has observed. */
  merge(other: LatencyHistogram): void {
    this.#count += other.#count
    this.#max = Math.max(this.#max, other.#max)
    for (let index = 0; index < BUCKETS; index++) {
      this.#counts[index] = (this.#counts[index] as number) + (other.#counts[index] as number)
    }
  }

  /** What was observed since an earlier copy; the maximum is that of the highest bucket. */
  since(earlier: LatencyHistogram): LatencyHistogram {
    const difference = new LatencyHistogram()
    difference.#count = this.#count - earlier.#count
    for (let index = 0; index < BUCKETS; index++) {
      const count = (this.#counts[index] as number) - (earlier.#counts[index] as number)
      difference.#counts[index] = count
      if (count > 0) difference.#max = Math.min(middleOf(index), this.#max)
    }
    return difference
  }

  /** The buckets that hold anything, the shortest durations first. */
  buckets(): LatencyBucket[] {
    const buckets: LatencyBucket[] = []
    this.#counts.forEach((calls, index) => {
      if (calls > 0) buckets.push({ millis: middleOf(index), calls })
    })
    return buckets
  }

  summary(): LatencySummary {
    return {
      p50: this.percentile(0.5),
      p95: this.percentile(0.95),
      p99: this.percentile(0.99),
      max: this.#max,
    }
  }

  /** The value that a part (0 to 1) of all observations does not exceed, in milliseconds. */
  percentile(part: number): number {
    const rank = Math.max(1, Math.ceil(this.#count * part))
    let seen = 0
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index] as number
      if (seen >= rank) return Math.min(middleOf(index), this.#max)
    }
    return this.#max
  }
}

function bucketOf(millis: number): number {
  const micros = Math.min(LONGEST_MICROS, Math.max(0, Math.floor(millis * 1_000)))
  if (micros < PER_OCTAVE) return micros
  const octave = 31 - Math.clz32(micros)
  return (octave - SUB_BITS + 1) * PER_OCTAVE + ((micros >>> (octave - SUB_BITS)) & (PER_OCTAVE - 1))
}

/** In milliseconds. */
function middleOf(index: number): number {
  if (index < PER_OCTAVE) return (index + 0.5) / 1_000
  const width = 2 ** (Math.floor(index / PER_OCTAVE) - 1)
  const start = (PER_OCTAVE + (index % PER_OCTAVE)) * width
  return (start + width / 2) / 1_000
}

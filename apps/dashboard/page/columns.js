/** Points of one resolution by column, of a bounded number; the columns are what charts are drawn from. */
export class Columns {
  /** Of the columns, in the order of the values of a point. */
  #names = []
  /** Oldest first; the first value of each is its time in milliseconds since 1970. */
  #points = []
  #most

  /** @param {number} most how many points are kept */
  constructor(most) {
    this.#most = most
  }

  /** Begins anew. */
  reset(names, points) {
    this.#names = names
    this.#points = points.slice(-this.#most)
  }

  /** Adds a point, unless it is there already. */
  add(point) {
    if (this.#points.at(-1)?.[0] === point[0]) return
    this.#points.push(point)
    if (this.#points.length > this.#most) this.#points.shift()
  }

  /** The values of a column that are not older than `since`, in milliseconds since 1970. */
  values(name, since = 0) {
    const index = this.#names.indexOf(name)
    return this.#points.filter(([at]) => at >= since).map(point => point[index] ?? 0)
  }

  /** The sum of the latest `length` values of a column. */
  sum(name, length) {
    return this.values(name)
      .slice(-length)
      .reduce((sum, value) => sum + value, 0)
  }

  /** The latest value of a column. */
  last(name) {
    return this.values(name).at(-1) ?? 0
  }
}

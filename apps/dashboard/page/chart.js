import { element, setText } from './element.js'

/** Lines differ by their dashes too, not by colour alone. */
const DASHES = [undefined, [6, 3], [2, 3], [10, 3, 2, 3]]

/** An element that is never seen: only computed styles tell what a colour of the style sheet is. */
let probe

/** The colour that a custom property of the style sheet has at the moment. */
function colour(name) {
  probe ??= document.body.appendChild(element('i', { hidden: '' }))
  probe.style.color = `var(--${name})`
  return getComputedStyle(probe).color
}

/** A chart of some columns over time. */
export class Chart {
  #plot
  #series
  #format
  /** The nodes of the legend that hold values. */
  #values
  #figure
  #title
  /** Of the points that are drawn, in seconds since 1970. */
  #times = []

  /**
   * @param {HTMLElement} parent
   * @param {object} about
   * @param {string} about.title
   * @param {{ name: string, label: string, colour: string, fill?: boolean }[]} about.series
   * @param {(value: number) => string} about.format
   * @param {boolean} [about.logarithmic]
   */
  constructor(parent, { title, series, format, logarithmic = false }) {
    this.#series = series
    this.#format = format
    this.#title = title
    this.#values = series.map(() => element('b', {}, '–'))
    const box = element('div', { class: 'plot' })
    this.#figure = element(
      'figure',
      { class: 'chart' },
      element('figcaption', {}, element('h2', {}, title), legendOf(series, this.#values)),
      box,
    )
    parent.append(this.#figure)
    box.setAttribute('role', 'img')
    this.#plot = new globalThis.uPlot(this.#options(box, logarithmic), [[], ...series.map(() => [])], box)
    new ResizeObserver(() => this.#resize(box)).observe(box)
  }

  /** Draws anew: columns of one resolution, from `since` to `now` in milliseconds. */
  show(columns, since, now) {
    this.#times = columns.values('at', since).map(at => at / 1000)
    const data = this.#series.map(({ name, zero }) =>
      columns.values(name, since).map(value => (zero === false && value === 0 ? null : value)),
    )
    this.#plot.batch(() => {
      this.#plot.setData([this.#times, ...data], false)
      this.#plot.setScale('x', { min: since / 1000, max: now / 1000 })
    })
    this.#tell(this.#plot.cursor.idx ?? this.#times.length - 1)
  }

  /** The theme has changed. */
  repaint() {
    this.#plot.redraw(false)
  }

  /** Writes the values at a place into the legend, and all of it into the label for those who do not see the chart. */
  #tell(index) {
    const texts = this.#series.map((_, at) => {
      const value = this.#plot.data[at + 1]?.[index]
      return value === null || value === undefined ? '–' : this.#format(value)
    })
    for (const [at, text] of texts.entries()) setText(this.#values[at], text)
    const words = this.#series.map(({ label }, at) => `${label} ${texts[at]}`).join(', ')
    this.#plot.root.parentElement.setAttribute('aria-label', `${this.#title}, chart. Now: ${words}`)
  }

  /** Follows the width of the page. */
  #resize(box) {
    const { clientWidth: width, clientHeight: height } = box
    if (width > 0) this.#plot.setSize({ width, height })
  }

  /** How uPlot draws; colours are functions, so that they are read anew for each drawing. */
  #options(box, logarithmic) {
    const axis = {
      stroke: () => colour('faint'),
      font: '11.5px system-ui, sans-serif',
      grid: { stroke: () => colour('grid'), width: 1 },
      ticks: { show: false },
    }
    return {
      width: Math.max(200, box.clientWidth),
      height: Math.max(120, box.clientHeight),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      padding: [8, 20, 0, 0],
      scales: { x: { time: true }, y: logarithmic ? { distr: 3, range: decades } : { range: fromZero } },
      axes: [
        { ...axis, size: 26, gap: 4, space: 70, values: (_, splits) => splits.map(clock) },
        {
          ...axis,
          size: 54,
          ...(logarithmic && { splits: powersOfTen }),
          gap: 6,
          space: 30,
          values: (_, splits) => splits.map(value => (value === null ? '' : this.#format(value))),
        },
      ],
      series: [{}, ...this.#series.map(lineOf)],
      hooks: { setCursor: [plot => this.#tell(plot.cursor.idx ?? this.#times.length - 1)] },
    }
  }
}

/** What the lines are, with their values at the cursor, or now. */
function legendOf(series, values) {
  return element(
    'ul',
    { class: 'legend' },
    ...series.map(({ label, colour: name }, at) => element('li', {}, swatch(name, at), label, values[at])),
  )
}

/** A piece of the line as it is drawn. */
function swatch(name, at) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line')
  svg.setAttribute('aria-hidden', 'true')
  for (const [key, value] of Object.entries({ x1: 0, x2: 16, y1: 2, y2: 2 }))
    line.setAttribute(key, String(value))
  line.style.stroke = `var(--${name})`
  line.style.strokeDasharray = (DASHES[at] ?? []).join(' ')
  svg.append(line)
  return svg
}

/** @param {{ label: string, colour: string, fill?: boolean }} about @param {number} at its place, for the dashes */
function lineOf({ label, colour: name, fill }, at) {
  return {
    label,
    stroke: () => colour(name),
    width: 1.75,
    dash: DASHES[at],
    points: { show: false },
    ...(fill && { fill: () => colour(name).replace(/^rgb\((.*)\)$/, 'rgba($1, 0.1)') }),
  }
}

/** From zero, with some room above. */
function fromZero(_, __, max) {
  return [0, Math.max(1, (max ?? 0) * 1.12)]
}

/** Whole decades, at least from 1 ms to 100 ms. */
function decades(_, min, max) {
  const low = 10 ** Math.floor(Math.log10(Math.max(0.1, Math.min(1, min || 1))))
  return [low, Math.max(100, 10 ** Math.ceil(Math.log10(Math.max(1, max || 1))))]
}

/** Lines at whole decades only. */
function powersOfTen(...[, , min, max]) {
  const powers = []
  for (let power = min; power <= max * 1.001; power *= 10) powers.push(power)
  return powers
}

/** A time of day, with seconds where they are not zero. */
function clock(seconds) {
  const at = new Date(seconds * 1000)
  const two = value => String(value).padStart(2, '0')
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`
  return at.getSeconds() === 0 ? minutes : `${minutes}:${two(at.getSeconds())}`
}

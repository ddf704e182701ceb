import { Chart } from './chart.js'
import { Columns } from './columns.js'
import { isLocked, listen } from './connection.js'
import { showDemo } from './demo.js'
import { byId, chooser, setText } from './element.js'
import { count, millis, rate, time } from './format.js'
import { showCache, showFigures, showServers, showState, showTrouble } from './panels.js'
import { showProcesses } from './processes.js'
import { signIn } from './sign-in.js'
import { orderStatements, showStatements } from './statements.js'

/** Two minutes by second, six hours by a quarter of a minute. */
const fine = new Columns(120)
const coarse = new Columns(1_440)

/** What the service said last; nothing before its first word. */
let view
/** Whether it has been heard lately. */
let isLive = false
/** Seconds that the charts show. */
let range = 60

const charts = [
  new Chart(byId('charts'), {
    title: 'Throughput, per second',
    format: rate,
    series: [
      { name: 'requests', label: 'requests', colour: 'series-a', fill: true },
      { name: 'queries', label: 'queries', colour: 'series-b' },
      { name: 'failures', label: 'failed', colour: 'series-d' },
      { name: 'retries', label: 'retries', colour: 'series-c' },
    ],
  }),
  new Chart(byId('charts'), {
    title: 'Latency of requests',
    format: millis,
    logarithmic: true,
    series: [
      { name: 'p50', label: '50 %', colour: 'series-a', zero: false },
      { name: 'p95', label: '95 %', colour: 'series-b', zero: false },
      { name: 'p99', label: '99 %', colour: 'series-c', zero: false },
    ],
  }),
  new Chart(byId('charts'), {
    title: 'Connections',
    format: count,
    series: [
      { name: 'active', label: 'active', colour: 'series-a', fill: true },
      { name: 'idle', label: 'idle', colour: 'series-b' },
      { name: 'waiting', label: 'waiting', colour: 'series-d' },
      { name: 'max', label: 'at most', colour: 'faint' },
    ],
  }),
  new Chart(byId('charts'), {
    title: 'Reads, per second',
    format: rate,
    series: [
      { name: 'saved', label: 'from the cache', colour: 'series-b', fill: true },
      { name: 'unsaved', label: 'from the database', colour: 'series-a' },
    ],
  }),
]

/** Draws everything from what is known. */
function draw() {
  if (view === undefined) return
  const { processes } = view
  showState(isLive ? view.state : 'unknown', processes)
  showFigures(fine, processes)
  drawCharts()
  showStatements(processes)
  showCache(processes)
  showTrouble(processes, fine)
  showServers(processes)
  showProcesses(processes, view.channel)
  showDemo(view.demo)
}

/** The last minute is drawn by the second, anything longer from what the server has kept. */
function drawCharts() {
  const now = fine.last('at') || Date.now()
  const columns = range === 60 ? fine : coarse
  for (const chart of charts) chart.show(columns, now - range * 1000, now)
}

/** The hours are fetched when somebody looks at them, and again while they do. */
async function loadHours() {
  if (range === 60) return
  const response = await fetch('dashboard/history').catch(() => undefined)
  if (response?.ok !== true) return
  const { columns, points } = await response.json()
  coarse.reset(columns, points)
  drawCharts()
}

/** Whether numbers come in: without them the state is unknown, whatever it was. */
function showLink(live) {
  isLive = live
  byId('link').dataset.live = live ? 'yes' : 'no'
  setText(byId('link'), live ? 'Live' : 'No connection')
  if (!live) draw()
}

/** Listens, and begins anew after a sign-in that became necessary meanwhile. */
function begin() {
  listen({
    start({ points, ...now }) {
      fine.reset(now.columns, points)
      view = now
      draw()
    },
    second(now) {
      fine.add(now.point)
      view = now
      draw()
    },
    live: showLink,
    locked: () => signIn().then(begin),
  })
}

/** What the button goes through, as values of `color-scheme`. */
const THEMES = ['light dark', 'light', 'dark']
const THEME_NAMES = { 'light dark': 'auto', light: 'light', dark: 'dark' }

/** Sets the theme and keeps it in this browser; canvases do not follow by themselves. */
function setTheme(theme) {
  document.documentElement.style.colorScheme = theme
  setText(byId('theme'), `Theme: ${THEME_NAMES[theme]}`)
  localStorage.setItem('theme', theme)
  for (const chart of charts) chart.repaint()
}

byId('theme').addEventListener('click', () => {
  const at = THEMES.indexOf(document.documentElement.style.colorScheme)
  setTheme(THEMES[(Math.max(0, at) + 1) % THEMES.length])
})
const kept = localStorage.getItem('theme')
if (THEMES.includes(kept)) setTheme(kept)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const chart of charts) chart.repaint()
})
chooser(byId('ranges'), 'range', chosen => {
  range = Number(chosen)
  drawCharts()
  loadHours()
})
chooser(byId('statement-order'), 'order', by => orderStatements(by, view?.processes ?? []))
setInterval(loadHours, 15_000)
setText(byId('where'), `live · ${location.host}`)
byId('link').title = `Since ${time(Date.now())}`

if (await isLocked()) await signIn()
begin()

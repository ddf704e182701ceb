import { posix } from 'node:path'
import { cyclesOf } from './cycles.mjs'
import { checkLayer, checkPackage } from './import-rules.mjs'
import { importsOf } from './imports.mjs'
import { LAYERED_MEMBER, LAYERS, MEMBERS } from './layer-rules.mjs'
import { parseModule } from './parsed-module.mjs'
import { isCode, isTest, projectFiles } from './project-files.mjs'
import { manifestsOf, placeOf } from './workspace.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {import('./workspace.mjs').Place} Place
 * @typedef {{ file: string, place: Place, specifier: string, line: number, target?: string }} Edge
 *   `target` is the file that a relative specifier means
 */

const TABLE_OF_RULES = 'scripts/checks/layer-rules.mjs'

/**
 * Checks the dependency rule of the workspace.
 *
 * @param {string} root
 * @returns {import('./report.mjs').Findings}
 */
export function checkLayers(root) {
  const files = projectFiles(root).filter(isCode)
  const known = new Set(files)
  const manifests = manifestsOf(root)
  /** @type {Violation[]} */
  const violations = files.flatMap(file => undeclared(file))
  /** @type {Edge[]} */
  const edges = []
  for (const file of files) collect({ root, file, known, edges, violations })
  for (const edge of edges) {
    const found = edge.target === undefined ? checkPackage(edge, manifests) : checkLayer(edge, edge.target)
    if (found !== undefined) violations.push({ file: edge.file, line: edge.line, ...found })
  }
  violations.push(...fileCycles(edges, known), ...folderCycles(edges, known))
  return {
    violations,
    table: layerTable(files, edges),
    facts: { files: files.length, imports: edges.length },
  }
}

/**
 * @param {string} file
 * @returns {Violation[]}
 */
function undeclared(file) {
  const place = placeOf(file)
  const at = { file, line: 1, rule: 'undeclared' }
  if (place === undefined) return []
  if (MEMBERS[place.member] === undefined) {
    const message = `${place.member} is no declared member of the workspace`
    return [
      {
        ...at,
        message,
        remedy: `declare in MEMBERS of ${TABLE_OF_RULES} which of our packages it may import`,
      },
    ]
  }
  if (!isLayered(place) || LAYERS[place.unit] !== undefined || isRootTest(place)) return []
  const message = `${place.unit} in ${LAYERED_MEMBER}/src has no layer`
  return [
    {
      ...at,
      message,
      remedy: `move it into a folder that has one, or declare it in LAYERS of ${TABLE_OF_RULES}`,
    },
  ]
}

/** @param {{ root: string, file: string, known: Set<string>, edges: Edge[], violations: Violation[] }} into */
function collect({ root, file, known, edges, violations }) {
  const place = placeOf(file)
  if (place === undefined) return
  for (const { specifier, line } of importsOf(parseModule(root, file))) {
    if (specifier !== undefined)
      edges.push({ file, place, specifier, line, ...targetOf({ file, specifier, known }) })
    else if (place.area === 'src') violations.push(computed(file, line))
  }
}

/** @param {string} file @param {number} line */
function computed(file, line) {
  const message = 'the imported module is computed at run time, so no rule can be checked'
  return { file, line, rule: 'computed-import', message, remedy: 'import it by a literal name' }
}

/** @param {{ file: string, specifier: string, known: Set<string> }} import_ */
function targetOf({ file, specifier, known }) {
  if (!/^\.{0,2}\//.test(specifier) && !/^\.{1,2}$/.test(specifier)) return {}
  const path = specifier.startsWith('/') ? specifier : posix.join(posix.dirname(file), specifier)
  const typescript = path.replace(/\.([cm]?)js$/, '.$1ts')
  return { target: [typescript, path, `${path}/index.ts`].find(candidate => known.has(candidate)) ?? path }
}

/**
 * @param {Edge[]} edges
 * @param {Set<string>} known
 */
function fileCycles(edges, known) {
  const graph = graphOf(
    edges.filter(({ target = '' }) => known.has(target)),
    file => file,
  )
  return cyclesOf(graph).map(cycle => {
    const [file = '', next = ''] = cycle
    const message = `files import each other: ${cycle.join(' → ')}`
    return {
      file,
      line: graph.get(file)?.get(next) ?? 1,
      rule: 'file-cycle',
      message,
      remedy: 'move what both need into a third file, or hand it in as an argument',
    }
  })
}

/**
 * Folders are the ones directly below a `src`; a file there stands for itself. Unit tests do not count: nothing
 * depends on them.
 *
 * @param {Edge[]} edges
 * @param {Set<string>} known
 */
function folderCycles(edges, known) {
  const inSource = edges.filter(
    ({ file, place, target = '' }) =>
      place.area === 'src' && !isTest(file) && known.has(target) && placeOf(target)?.area === 'src',
  )
  const graph = graphOf(inSource, unitPath)
  return cyclesOf(graph).map(cycle => {
    const [from = '', to = ''] = cycle
    const blamed = inSource.find(edge => unitPath(edge.file) === from && unitPath(edge.target ?? '') === to)
    return {
      file: blamed?.file ?? from,
      line: blamed?.line ?? 1,
      rule: 'folder-cycle',
      message: `folders import each other: ${cycle.join(' → ')}`,
      remedy: 'let one of them own the shared concept, or declare a port where it is needed',
    }
  })
}

/**
 * @param {Edge[]} edges
 * @param {(path: string) => string} nodeOf
 * @returns {import('./cycles.mjs').Graph}
 */
function graphOf(edges, nodeOf) {
  /** @type {import('./cycles.mjs').Graph} */
  const graph = new Map()
  for (const { file, target = '', line } of edges) {
    const [from, to] = [nodeOf(file), nodeOf(target)]
    // A file that imports itself is a cycle; a folder that does is not.
    if (from === to && from !== file) continue
    const targets = graph.get(from) ?? new Map()
    graph.set(from, targets.set(to, targets.get(to) ?? line))
  }
  return graph
}

/** @param {string} path */
function unitPath(path) {
  const place = placeOf(path)
  return place === undefined ? path : `${place.member}/src/${place.unit}`
}

/** @param {Place} place */
function isLayered(place) {
  return place.member === LAYERED_MEMBER && place.area === 'src'
}

/** A unit test beside `pool.ts` belongs to the layer of `pool.ts`. @param {Place} place */
function isRootTest(place) {
  return LAYERS[place.unit.replace(/\.test\.ts$/, '.ts')] !== undefined
}

/**
 * @param {string[]} files
 * @param {Edge[]} edges
 */
function layerTable(files, edges) {
  const rows = Object.entries(LAYERS).map(([unit, { layer, mayImport }]) => {
    /** @param {string} path */
    const inUnit = path => unitPath(path) === `${LAYERED_MEMBER}/src/${unit}`
    const outward = edges.filter(
      ({ file, target = '' }) =>
        inUnit(file) && !inUnit(target) && unitPath(target).startsWith(LAYERED_MEMBER),
    )
    return [layer, unit, files.filter(inUnit).length, outward.length, mayImport.join(' ') || 'nothing']
  })
  return [['layer', 'folder', 'files', 'imports', 'may import'], ...rows]
}

import { isBuiltin } from 'node:module'
import { LAYERED_MEMBER, LAYERS, MEMBERS, TEST_TOOLS } from './layer-rules.mjs'
import { isTest } from './project-files.mjs'
import { placeOf } from './workspace.mjs'

/**
 * @typedef {import('./layers.mjs').Edge} Edge
 * @typedef {import('./workspace.mjs').Manifest} Manifest
 * @typedef {{ rule: string, message: string, remedy: string }} Verdict
 */

/**
 * Judges an import of another file.
 *
 * @param {Edge} edge
 * @param {string} target
 * @returns {Verdict | undefined} undefined when the import is allowed
 */
export function checkLayer({ file, place, specifier }, target) {
  const to = placeOf(target)
  if (to?.member !== place.member) return crossing(specifier, to?.member)
  if (!isTest(file) && isTest(target)) {
    return {
      rule: 'imports-test',
      message: `a source imports the test file ${target}`,
      remedy: 'move what it needs out of the test',
    }
  }
  if (place.area === 'test' && to.area === 'src') {
    const message = `a test of promises reaches into the source: ${target}`
    return { rule: 'test-imports-source', message, remedy: 'import the built package by its public name' }
  }
  if (place.member !== LAYERED_MEMBER || place.area !== 'src' || to.area !== 'src') return undefined
  return upward(layerName(place.unit), layerName(to.unit))
}

/**
 * Judges an import of a package.
 *
 * @param {Edge} edge
 * @param {Map<string, Manifest>} manifests by member
 * @returns {Verdict | undefined} undefined when the import is allowed
 */
export function checkPackage({ file, place, specifier }, manifests) {
  if (isBuiltin(specifier)) return undefined
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const owner = [...manifests].find(([member, manifest]) => member !== '' && manifest.name === name)
  if (owner !== undefined) return ours({ file, place, specifier, name }, owner)
  const [own, root] = [manifests.get(place.member), manifests.get('')]
  if (own?.runtime.has(name)) return undefined
  const inTest = isTest(file)
  if (inTest && place.area === 'src') return TEST_TOOLS.includes(name) ? undefined : foreignInUnitTest(name)
  const shipped = place.area === 'src'
  if (!shipped && (own?.development.has(name) || root?.development.has(name))) return undefined
  return {
    rule: 'undeclared-dependency',
    message: `${name} is not declared in ${place.member}/package.json`,
    remedy: undeclaredRemedy(name),
  }
}

/** @param {string} specifier @param {string | undefined} member */
function crossing(specifier, member) {
  const message = `the relative import ${specifier} leaves its package${member === undefined ? '' : ` for ${member}`}`
  return {
    rule: 'crosses-package',
    message,
    remedy: 'import the other package by its public name, if the rule allows it',
  }
}

/** A unit test belongs to the layer of the file that it stands beside. @param {string} unit */
function layerName(unit) {
  return unit.replace(/\.test\.ts$/, '.ts')
}

/** @param {string} from @param {string} to */
function upward(from, to) {
  const [layer, target] = [LAYERS[from], LAYERS[to]]
  // What has no layer is reported once, as undeclared, and not again for each of its edges.
  if (layer === undefined || target === undefined || from === to || layer.mayImport.includes(to))
    return undefined
  return {
    rule: 'layer',
    message: `${from} (layer ${layer.layer}) imports ${to} (layer ${target.layer})`,
    remedy: `${from} may import ${layer.mayImport.join(', ') || 'nothing'}: move what both need down, or hand it in as an argument`,
  }
}

/**
 * @param {{ file: string, place: import('./workspace.mjs').Place, specifier: string, name: string }} import_
 * @param {[string, Manifest]} owner
 * @returns {Verdict | undefined}
 */
function ours({ file, place, specifier, name }, [member, manifest]) {
  const allowed = [...(MEMBERS[place.member]?.ours ?? []), ...(isTest(file) ? ['@holdfast/testkit'] : [])]
  const itself = member === place.member && place.area === 'test'
  if (!itself && !(allowed.includes(name) && member !== place.member)) {
    const remedy = `${place.member} may import ${allowed.join(', ') || 'nothing of ours'}`
    return { rule: 'package', message: `${place.member} imports ${name}`, remedy }
  }
  if (manifest.exports.includes(specifier)) return undefined
  return {
    rule: 'deep-import',
    message: `${specifier} is no public name`,
    remedy: `import one of ${manifest.exports.join(', ')}`,
  }
}

/** @param {string} name */
function foreignInUnitTest(name) {
  const message = `a unit test imports ${name}`
  return {
    rule: 'unit-test-tools',
    message,
    remedy: `a unit test may add ${TEST_TOOLS.join(', ')} to what its source imports`,
  }
}

/** @param {string} name */
function undeclaredRemedy(name) {
  return TEST_TOOLS.includes(name)
    ? 'only tests may import it'
    : 'declare it there: what is installed by accident is missing at the user'
}

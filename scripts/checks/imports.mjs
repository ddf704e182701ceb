import { visit } from './parsed-module.mjs'

/**
 * @typedef {{ specifier: string | undefined, line: number }} Import an undefined specifier is computed at run time
 * @typedef {import('./parsed-module.mjs').Node} Node
 */

/**
 * Everything a module names as a dependency: static and dynamic imports, `import type`, `import('x').T` in types,
 * re-exports, `import x = require()` and plain `require()`.
 *
 * @param {import('./parsed-module.mjs').ParsedModule} module
 * @returns {Import[]} in the order of the text
 */
export function importsOf(module) {
  /** @type {Import[]} */
  const imports = []
  visit(module.program, node => {
    const source = sourceOf(node)
    if (source !== undefined) imports.push({ specifier: literal(source), line: module.lineOf(node.start) })
  })
  return imports
}

/**
 * @param {Node} node
 * @returns {Node | undefined} the expression that names the imported module
 */
function sourceOf(node) {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source ?? undefined
    case 'TSExternalModuleReference':
      return node.expression
    case 'CallExpression':
      return isRequire(node.callee) ? node.arguments[0] : undefined
    default:
      return undefined
  }
}

/** @param {Node} callee */
function isRequire(callee) {
  return callee.type === 'Identifier' && callee.name === 'require'
}

/** @param {Node} node */
function literal(node) {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined
  return undefined
}

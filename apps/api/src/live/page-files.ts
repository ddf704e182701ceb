import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** A file of the live page, as it is sent. */
export interface PageFile {
  readonly type: string
  readonly content: Buffer
}

const { resolve } = createRequire(import.meta.url)

/** Where each address below `/dashboard/` comes from; the page is served from here and nowhere else. */
const SOURCES: Readonly<Record<string, string>> = {
  'index.html': '@holdfast/dashboard/page/index.html',
  'style.css': '@holdfast/dashboard/page/style.css',
  'icon.svg': '@holdfast/dashboard/page/icon.svg',
  ...Object.fromEntries(
    [
      'main',
      'chart',
      'columns',
      'connection',
      'demo',
      'element',
      'format',
      'panels',
      'plan-dialog',
      'processes',
      'sign-in',
      'statements',
    ].map(name => [`${name}.js`, `@holdfast/dashboard/page/${name}.js`]),
  ),
  'uplot.js': 'uplot/dist/uPlot.iife.min.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
}

/** By the end of the name. */
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Reads all files of the page into memory: they are few and small. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const page = createRequire(resolve('@holdfast/dashboard/package.json'))
  const files = await Promise.all(
    Object.entries(SOURCES).map(async ([name, source]) => {
      const content = await readFile(page.resolve(source))
      return [name, { type: TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain', content }] as const
    }),
  )
  return new Map(files)
}

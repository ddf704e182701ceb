/** What others cannot do with a table while a lock is held on it. */
export type Blocks = 'reads and writes' | 'writes' | 'other schema changes' | 'nothing of note'

const MODES: Readonly<Record<string, readonly [name: string, blocks: Blocks]>> = {
  AccessShareLock: ['ACCESS SHARE', 'nothing of note'],
  RowShareLock: ['ROW SHARE', 'nothing of note'],
  RowExclusiveLock: ['ROW EXCLUSIVE', 'nothing of note'],
  ShareUpdateExclusiveLock: ['SHARE UPDATE EXCLUSIVE', 'other schema changes'],
  ShareLock: ['SHARE', 'writes'],
  ShareRowExclusiveLock: ['SHARE ROW EXCLUSIVE', 'writes'],
  ExclusiveLock: ['EXCLUSIVE', 'writes'],
  AccessExclusiveLock: ['ACCESS EXCLUSIVE', 'reads and writes'],
}

/** A mode of `pg_locks` in the words of the manual, and what it blocks. */
export function describeMode(mode: string): { readonly mode: string; readonly blocks: Blocks } {
  const [name, blocks] = MODES[mode] ?? [mode, 'nothing of note']
  return { mode: name, blocks }
}

/** How strong a mode is, for sorting: the weakest is 0. */
export function strengthOf(name: string): number {
  return Object.values(MODES).findIndex(([mode]) => mode === name)
}

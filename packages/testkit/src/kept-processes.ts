const kept = new Set<number>()

/** Notes a process that is meant to outlive the test during which it was started. */
export function keepProcess(pid: number): void {
  kept.add(pid)
}

export function isKept(pid: number): boolean {
  return kept.has(pid)
}

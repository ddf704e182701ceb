/**
 * Milliseconds, with fractions, on a clock that all processes of this machine share and nobody can set:
 * CLOCK_MONOTONIC on Linux. Instants of different processes can be compared.
 */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

import { readFile } from 'node:fs/promises'

/**
 * How long a process has run on a processor so far, in milliseconds: what its work costs, however many others want
 * the processor.
 *
 * @param {number} pid
 * @returns {Promise<number>} NaN where the system does not say: only Linux does
 */
export async function processorMillis(pid) {
  const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '')
  return text === '' ? Number.NaN : Number(text.split(' ')[0]) / 1e6
}

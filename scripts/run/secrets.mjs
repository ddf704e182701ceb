import { existsSync, readFileSync } from 'node:fs'

/**
 * Looks for the secrets of a test run in what it printed.
 *
 * @param {string} secretsFile the secrets, one on each line, as the servers and tests noted them
 * @param {string} output
 * @returns {{ searched: number, leaks: string[] }} `leaks`: the lines with a secret in them, the secret made unreadable
 */
export function findSecrets(secretsFile, output) {
  const secrets = readSecrets(secretsFile)
  const lines = new Set()
  for (const secret of secrets) {
    if (!output.includes(secret)) continue
    for (const line of output.split('\n')) if (line.includes(secret)) lines.add(line)
  }
  return { searched: secrets.length, leaks: [...lines].map(line => hide(line, secrets)) }
}

/** @param {string} file */
function readSecrets(file) {
  if (!existsSync(file)) return []
  const secrets = new Set(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line.length >= 4),
  )
  return [...secrets].sort((a, b) => b.length - a.length)
}

/**
 * @param {string} line
 * @param {readonly string[]} secrets the longest first
 */
function hide(line, secrets) {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), line)
}

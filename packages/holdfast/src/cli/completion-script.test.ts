import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { COMMANDS } from './command-table.js'
import { completionScript } from './completion-script.js'

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const script = `${completionScript('bash', COMMANDS)}
    COMP_WORDS=(holdfast ${words.map(word => `'${word}'`).join(' ')})
    COMP_CWORD=${words.length}
    _holdfast && printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split('\n').filter(line => line !== '')
}

test('bash completes commands, their words, options, and files after an option that takes a value', () => {
  expect(offered('mig')).toEqual(['migrate'])
  expect(offered('migrate', '')).toEqual(expect.arrayContaining(['status', 'up', 'verify']))
  expect(offered('migrate', 'up', '--dr')).toEqual(['--dry-run'])
  expect(offered('migrate', 'up', '--dir', 'x', '--json', '--tr')).toEqual(['--trace'])
  expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']))
  expect(offered('migrate', 'up', '--dir', `${import.meta.dirname}/completion-script.t`)).toEqual([
    `${import.meta.dirname}/completion-script.test.ts`,
    `${import.meta.dirname}/completion-script.ts`,
  ])
})

test.each(['zsh', 'fish'])('the script for %s knows every command and every option', shell => {
  const script = completionScript(shell, COMMANDS)
  for (const { name, options } of COMMANDS) {
    expect(script).toContain(name)
    for (const option of options) expect(script).toContain(`--${option.name}`)
  }
})

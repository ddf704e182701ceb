import { expect, test } from 'vitest'
import { barOf, ProgressBar } from './progress-bar.js'

function written(isLive: boolean, columns = 60): { readonly bar: ProgressBar; readonly lines: string[] } {
  const lines: string[] = []
  return { bar: new ProgressBar({ write: text => lines.push(text), columns }, isLive), lines }
}

test('a bar grows with its percentage, within its bounds', () => {
  expect(barOf(0)).toBe(`[${'─'.repeat(24)}]   0 %`)
  expect(barOf(0.5)).toBe(`[${'█'.repeat(12)}${'─'.repeat(12)}]  50 %`)
  expect(barOf(0.999)).toContain(' 99 %')
  expect(barOf(7)).toBe(`[${'█'.repeat(24)}] 100 %`)
  expect(barOf(-1)).toBe(barOf(0))
})

test('the line is replaced, never longer than the terminal is wide, and taken away at the end', () => {
  const { bar, lines } = written(true)
  bar.show('x'.repeat(200), 0.5)
  bar.show('unknown how far')
  bar.clear()
  bar.clear()
  expect(lines).toHaveLength(3)
  expect(lines[0]?.length).toBe('\r\u001B[K'.length + 59)
  expect(lines[1]).toBe('\r\u001B[K… unknown how far')
  expect(lines[2]).toBe('\r\u001B[K')
})

test('where nobody sees it change nothing is written', () => {
  const { bar, lines } = written(false)
  bar.show('text', 0.5)
  bar.clear()
  expect(lines).toEqual([])
})

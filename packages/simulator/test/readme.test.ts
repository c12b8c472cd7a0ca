// The README's example is run as it stands there.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const file = join(import.meta.dirname, 'example.ts')
const shown = readFileSync(file, 'utf8')

test('the README shows the example, which fits on a card', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const [, code] = /```ts\n(.*?)```/s.exec(readme) ?? []
  expect(code).toBe(shown)
  expect(shown.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15)
})

test('the example runs, as a user would run it', { timeout: 90_000 }, () => {
  const output = execFileSync(process.execPath, [file], { encoding: 'utf8' })
  expect(output).toContain('the counter counts, whatever fails')
  expect(output).toMatch(/fail 0/)
})

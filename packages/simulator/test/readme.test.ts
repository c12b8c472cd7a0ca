// The README's example is run as it stands there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
const shown = readFileSync(join(import.meta.dirname, 'example.test.ts'), 'utf8')

test('the README shows the example that is executed', () => {
  const [, code] = /```ts\n(.*?)```/s.exec(readme) ?? []
  expect(code).toBe(shown)
  // A user's test fits on a card.
  expect(
    code!
      .trimEnd()
      .split('\n')
      .filter((line) => line.trim() !== '').length,
  ).toBeLessThanOrEqual(16)
})

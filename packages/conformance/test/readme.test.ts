import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const README = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')

test('the example of the README runs as it stands, and its storage passes', {
  timeout: 120_000,
}, async () => {
  const [, example] = /```ts\n(.*?)```/s.exec(README)!
  expect(example!.trim().split('\n').length).toBeLessThanOrEqual(15)
  // Beside the tests, so that it finds the packages.
  const directory = await mkdtemp(join(import.meta.dirname, 'readme-'))
  try {
    await writeFile(join(directory, 'example.ts'), example!)
    const { stdout } = await promisify(execFile)(process.execPath, ['example.ts'], {
      cwd: directory,
      // In memory where there is such a place: what survives a loss of power is tried elsewhere.
      env: { ...process.env, TMPDIR: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
      maxBuffer: 10_000_000,
    })
    const count = (what: string): number => Number(new RegExp(`^\\S+ ${what} (\\d+)$`, 'm').exec(stdout)?.[1])
    expect(count('fail')).toBe(0)
    expect(count('pass')).toBeGreaterThan(90)
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('the README counts the broken storages', async () => {
  const directory = join(import.meta.dirname, '../../../tests/conformance/broken')
  const files = (await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8'))
  const broken = (await Promise.all(files)).join('').match(/^ {4}caughtBy: /gm)!
  expect(README).toContain(`keeps ${broken.length} storages`)
})

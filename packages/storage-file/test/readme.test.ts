import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the example of the README runs as it stands', async () => {
  const readme = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const [, example] = /```ts\n(.*?)```/s.exec(readme)!
  // Beside the tests, so that it finds the packages.
  const directory = await mkdtemp(join(import.meta.dirname, 'readme-'))
  try {
    await writeFile(join(directory, 'example.ts'), example!)
    const { stdout } = await promisify(execFile)(process.execPath, ['example.ts'], { cwd: directory })
    expect(stdout).toBe('1\n2\n')
    // And it leaves the files that the README lists.
    expect(
      (await readdir(join(directory, 'data'))).map((name) => name.replaceAll(/\d+/g, 'n')).sort(),
    ).toEqual(expect.arrayContaining(['format', 'lock-n', 'n.segment']))
  } finally {
    await rm(directory, { recursive: true })
  }
})

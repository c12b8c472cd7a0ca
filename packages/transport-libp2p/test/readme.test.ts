import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { loadOrCreateKey, nodeIdOf } from '../src/index.js'

test('the example of the README runs as it stands', async () => {
  const readme = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const [, example] = /```ts\n(.*?)```/s.exec(readme)!
  // Beside the tests, so that it finds the packages.
  const directory = await mkdtemp(join(import.meta.dirname, 'readme-'))
  try {
    const id = nodeIdOf(await loadOrCreateKey(join(directory, 'key')))
    const members = [{ id, address: '/ip4/127.0.0.1/tcp/7001', role: 'voter' }]
    await writeFile(join(directory, 'members.json'), JSON.stringify(members))
    // A fixed port could be taken on this machine.
    await writeFile(
      join(directory, 'example.ts'),
      example!.replace('/ip4/0.0.0.0/tcp/7001', '/ip4/127.0.0.1/tcp/0'),
    )
    const { stdout } = await promisify(execFile)(process.execPath, ['example.ts'], { cwd: directory })
    expect(stdout).toBe('1\n1\n')
  } finally {
    await rm(directory, { recursive: true })
  }
})

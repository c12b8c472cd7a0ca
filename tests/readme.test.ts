import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './workspace.js'

test('the cluster in one file of the README runs as it stands and prints what it says', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const promised = /console\.log\(.*\) +\/\/ (.*)\n/.exec(code)?.[1]
  const args = ['--input-type=module-typescript', '--eval', code]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  expect({ stdout, stderr, status }).toEqual({ stdout: `${promised}\n`, stderr: '', status: 0 })
})

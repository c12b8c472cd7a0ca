import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../packages/transport-tcp/test/sockets.js'
import { ROOT } from './workspace.js'

test.each([
  ['the cluster in one file', 0],
  ['the node that asks to be let in', 1],
])('%s of the README runs as it stands and prints what it says', async (_, at) => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, code = ''] = [...readme.matchAll(/```ts\n(.*?)```/gs)][at] ?? []
  const promised = /console\.log\(.*\) +\/\/ (.*)\n/.exec(code)?.[1]
  // But for its port, which may be taken here.
  const runnable = code.replaceAll('7411', String(await freePort()))
  const args = ['--input-type=module-typescript', '--eval', runnable]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  expect({ stdout, stderr, status }).toEqual({ stdout: `${promised}\n`, stderr: '', status: 0 })
})

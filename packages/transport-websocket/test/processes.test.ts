// What only processes of their own can show: that nothing keeps one alive, and that the README is right.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { Peer } from './peer.js'
import { freePort } from './sockets.js'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function run(
  script: string,
  ...args: string[]
): { child: ChildProcess; exited: Promise<unknown[]>; lines: () => Promise<string> } {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  stops.push(() => {
    child.kill('SIGKILL')
    return exited
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return { child, exited, lines: () => lines.next().then(({ value }) => value as string) }
}

const peerProcess = join(import.meta.dirname, 'fixtures', 'peer-process.mjs')

test('after close nothing keeps the process alive: links up, links that never came up, a dial under way', async () => {
  const { lines, exited } = run(peerProcess)
  expect(await lines()).toBe('closed')
  expect(await exited).toEqual([0, null])
})

test('a killed process is missed at once', async () => {
  const a = await Peer.create('a')
  stops.push(() => a.transport.close())
  const member = { id: 'b', address: `ws://127.0.0.1:${await freePort()}/raft`, role: 'voter' as const }
  const { child, lines } = run(peerProcess, member.address, JSON.stringify(a.member))
  expect(await lines()).toBe('listens')
  await a.listen(a.member, member)
  await a.until('up b')
  child.kill('SIGKILL')
  await a.until(/^down b/)
})

test('the example of the README runs as it stands, as three processes', async () => {
  const readme = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  let [, example] = /```ts\n(.*?)```/s.exec(readme)!
  // Fixed ports could be taken on this machine.
  for (const port of ['7001', '7002', '7003']) {
    expect(example).toContain(`127.0.0.1:${port}`)
    example = example!.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${await freePort()}`)
  }
  // Beside the tests, so that it finds the packages.
  const directory = await mkdtemp(join(import.meta.dirname, 'readme-'))
  stops.push(() => rm(directory, { recursive: true }))
  const script = join(directory, 'example.ts')
  await writeFile(script, example!)
  const processes = ['a', 'b', 'c'].map((id) => run(script, id))
  const totals = await Promise.all(processes.map(({ lines }) => lines()))
  expect(totals.sort()).toEqual(['1', '2', '3'])
  for (const { child } of processes) child.kill('SIGTERM')
  const ends = await Promise.all(processes.map(({ exited }) => exited))
  if (process.platform !== 'win32') expect(ends).toEqual([0, 1, 2].map(() => [0, null]))
})

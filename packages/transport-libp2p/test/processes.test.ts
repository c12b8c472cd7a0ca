// What only a process of its own can show.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { vote } from '@riverraft/conformance/transport'
import type { Member } from '@riverraft/core'
import { afterEach, expect, test } from 'vitest'
import { Peer, type PeerOptions } from './peer.js'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

function spawnPeer(...args: string[]): { child: ChildProcess; line: Promise<string> } {
  const script = join(import.meta.dirname, 'fixtures', 'peer-process.mjs')
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  stops.push(() => {
    child.kill('SIGKILL')
    return exited
  })
  const line = once(createInterface({ input: child.stdout! }), 'line').then(([text]) => text as string)
  return { child, line }
}

async function withPeerProcess(
  options: PeerOptions,
): Promise<{ a: Peer; child: ChildProcess; member: Member }> {
  const a = await Peer.start(options)
  stops.push(() => a.stop())
  const { child, line } = spawnPeer(JSON.stringify([a.member]))
  const member = JSON.parse(await line) as Member
  await a.transport.listen(a, [a.member, member])
  await a.until(`up ${member.id}`)
  return { a, child, member }
}

test('after close nothing keeps the process alive', async () => {
  const { child, line } = spawnPeer()
  const exited = once(child, 'exit')
  expect(await line).toBe('stopped')
  expect(await exited).toEqual([0, null])
})

test('a killed process is missed at once', async () => {
  const { a, child, member } = await withPeerProcess({})
  child.kill('SIGKILL')
  await a.until(new RegExp(`^down ${member.id}`))
  a.transport.send(member.id, vote(1))
})

test.skipIf(process.platform === 'win32')(
  'a frozen process is given up together with its connection, and found again when it thaws',
  async () => {
    const quick = { keepAliveMs: 50, keepAliveMissesMax: 3, dialTimeoutMs: 300, helloTimeoutMs: 300 }
    const { a, child, member } = await withPeerProcess(quick)
    const connections = a.libp2p.getConnections().map(({ id }) => id)
    child.kill('SIGSTOP')
    await a.until(`down ${member.id}: the peer no longer answers`)
    // The connection is still open as far as anybody can tell, and would be used for ever.
    await a.until('diagnostic: dialling took too long')
    child.kill('SIGCONT')
    await a.until(`up ${member.id}`)
    const now = a.libp2p.getConnections().map(({ id }) => id)
    expect(connections.every((id) => now.includes(id))).toBe(false)
  },
)

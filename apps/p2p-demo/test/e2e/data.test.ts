import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../src/up/free-ports.js'
import { childrenOf, endAll, freshDirectory, killAll, type Program, start } from './programs.js'

// Its tests run at the same time.
afterAll(endAll)

const KNOWS_LEADER = /is elected leader of term|follows .*, leader of term/

describe.concurrent('up --data continues the same cluster', () => {
  test('after everything was killed, while it formed and in the middle of the story', async () => {
    const data = join(freshDirectory(), 'garden')
    const forming = start(['up', '--data', data, '--cluster', 'garden'])
    await childrenOf(forming)
    await killAll(forming)

    const first = start(['up', '--data', data])
    await first.seen(/Writes were unavailable/)
    await killAll(first)
    expect(first.output).toMatch(/n1 +creates the cluster, .*; known key/)

    const second = start(['up', '--data', data])
    expect(await second.exited).toEqual({ code: 0, signal: null })
    expect(second.output).toMatch(/3 processes come back/)
    expect(second.output).not.toMatch(/creates the cluster|lets n\d in/)
    for (const name of ['n1', 'n2', 'n3']) {
      expect(second.output).toMatch(new RegExp(`${name} +has found its log on disk: up to index \\d+`))
    }
    expect(second.output).toMatch(/Welcome back: \d+ entries were stored; .*river = "Rhine"/)
    expect(second.output).toMatch(/Every step held\.\nAll processes have ended\.\nriverraft-demo up --data/)

    const other = start(['up', '--data', data, '--cluster', 'orchard'])
    expect((await other.exited).code).toBe(1)
    expect(other.output).toMatch(
      /ERR_STORAGE_IDENTITY: .*garden was begun with --cluster garden, not orchard/,
    )
  }, 60_000)
})

describe.concurrent('two people stop and continue', () => {
  test('over libp2p: killed, started again with nothing but --data, and they have what they wrote', async () => {
    const [mine, yours] = [freshDirectory(), freshDirectory()]
    const create = ['node', '--cluster', 'garden', '--create', '--size', '2', '--data', mine]
    const alone = start(create)
    const [, bootstrap] = await alone.seen(/--bootstrap (\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\w+)\n/)
    alone.signal('SIGKILL')
    await alone.exited
    // Nobody had come: it forms again, at the same address.
    const nodes = [
      start(create),
      start(['node', '--cluster', 'garden', '--bootstrap', bootstrap!, '--data', yours]),
    ]
    for (const node of nodes) await node.seen(KNOWS_LEADER)
    await nodes[0]!.ask('put river Rhine', /written:/)
    await killBoth(nodes)

    const stranger = start(['node', '--cluster', 'orchard', '--create', '--data', mine])
    expect((await stranger.exited).code).toBe(1)
    expect(stranger.output).toMatch(/ERR_STORAGE_IDENTITY: .* was begun with --cluster garden, not orchard/)

    const again = [start(['node', '--data', mine]), start(['node', '--data', yours])]
    for (const node of again) {
      await node.seen(/knows all 2 members from its directory/)
      await node.seen(/welcome back: \d+ entries, 1 key: river = "Rhine"/)
    }
    await again[1]!.ask('put river Elbe', /written:/)
    await again[0]!.ask('get river', /"Elbe"/)
  })

  test('over tcp: each is told who is who, once', async () => {
    const [mine, yours] = [freshDirectory(), freshDirectory()]
    const [a, b] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`)
    const members = `a=${a},b=${b}`
    const tcp = ['node', '--transport', 'tcp', '--members', members]
    const nodes = [
      start([...tcp, '--id', 'a', '--listen', a!, '--data', mine]),
      start([...tcp, '--id', 'b', '--data', yours]),
    ]
    for (const node of nodes) await node.seen(KNOWS_LEADER)
    await nodes[0]!.seen(/reached b\n/)
    await nodes[1]!.ask('put river Rhine', /written:/)
    await killBoth(nodes)

    const wrong = start(['node', '--data', mine, '--members', `a=${a},b=127.0.0.1:1`])
    expect((await wrong.exited).code).toBe(1)
    expect(wrong.output).toMatch(/belongs to the cluster of a=.*: the list is fixed/)

    const again = [start(['node', '--data', mine]), start(['node', '--data', yours])]
    for (const node of again) await node.seen(/welcome back: \d+ entries, 1 key: river = "Rhine"/)
  })
})

test.concurrent('a port that somebody took meanwhile: which, and what to do', async () => {
  const data = freshDirectory()
  const node = start(['node', '--create', '--size', '1', '--data', data])
  await node.seen(KNOWS_LEADER)
  node.signal('SIGTERM')
  expect((await node.exited).code).toBe(0)
  const { listen } = JSON.parse(readFileSync(join(data, 'node.json'), 'utf8')) as { listen: string }
  const thief: Server = createServer().listen(Number(/\d+$/.exec(listen)![0]), '127.0.0.1')
  await new Promise((resolve) => thief.once('listening', resolve))
  try {
    const again = start(['node', '--data', data])
    expect((await again.exited).code).toBe(1)
    expect(again.output).toContain(`cannot listen on ${listen}`)
    expect(again.output).toMatch(/EADDRINUSE.*Is it running already\? Otherwise stop the program/)
  } finally {
    thief.close()
  }
})

async function killBoth(nodes: readonly Program[]): Promise<void> {
  for (const node of nodes) node.signal('SIGKILL')
  await Promise.all(nodes.map((node) => node.exited))
}

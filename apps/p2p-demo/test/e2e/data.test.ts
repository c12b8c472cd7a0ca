import { readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join as path } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { atLeader, createByHand, IS_VOTER, joining, KNOWS_LEADER, named } from './by-hand.js'
import { childrenOf, endAll, freshDirectory, killAll, type Program, start } from './programs.js'

// Its tests run at the same time, several processes each.
afterAll(endAll)
vi.setConfig({ testTimeout: 60_000 })

describe.concurrent('up --data continues the same cluster', () => {
  test('after everything was killed, while it formed and in the middle of the story', async () => {
    const data = path(freshDirectory(), 'garden')
    const forming = start(['up', '--data', data, '--cluster', 'garden'])
    await childrenOf(forming)
    await killAll(forming)

    const first = start(['up', '--data', data])
    await first.seen(/Leadership is handed over/)
    await killAll(first)
    expect(first.output).toMatch(/n1 +(creates the cluster, )?listens at .*; known key/)

    const second = start(['up', '--data', data])
    expect(await second.exited).toEqual({ code: 0, signal: null })
    expect(second.output).toMatch(/4 processes come back/)
    const [back] = second.output.split('A write through a follower')
    expect(back).not.toMatch(/creates the cluster|lets n\d in/)
    for (const name of ['n1', 'n2', 'n3', 'n4']) {
      expect(second.output).toMatch(new RegExp(`${name} +has found its log on disk: up to index \\d+`))
    }
    expect(second.output).toMatch(/Welcome back: \d+ entries were stored; .*river = "Elbe"/)
    expect(second.output).toMatch(/Every step held\.\nAll processes have ended\.\nriverraft-demo up --data/)

    const other = start(['up', '--data', data, '--cluster', 'orchard'])
    expect((await other.exited).code).toBe(1)
    expect(other.output).toMatch(
      /ERR_STORAGE_IDENTITY: .*garden was begun with --cluster garden, not orchard/,
    )
  }, 120_000)
})

describe.concurrent('two people stop and continue', () => {
  test('over libp2p: killed, started again with nothing but --data, and they have what they wrote', async () => {
    const [mine, yours] = [freshDirectory(), freshDirectory()]
    const garden = await createByHand('--data', mine)
    const second = start(joining(garden, '--data', yours))
    await second.seen(IS_VOTER)
    await garden.creator.ask('put river Rhine', /written:/)
    await killBoth([garden.creator, second])

    const stranger = start(['node', '--cluster', 'orchard', '--create', '--data', mine])
    expect((await stranger.exited).code).toBe(1)
    expect(stranger.output).toMatch(/ERR_STORAGE_IDENTITY: .* was begun with --cluster garden, not orchard/)

    const again = [start(['node', '--data', mine]), start(['node', '--data', yours])]
    for (const node of again) {
      expect(await node.seen(/welcome back: \d+ entries, 1 key: river = "Rhine"/)).toBeTruthy()
      expect(node.output).not.toMatch(/creates the cluster|asks to be let in/)
    }
    await again[1]!.ask('put river Elbe', /written:/)
    await again[0]!.ask('get river', /"Elbe"/)
    // The secret has stayed as well.
    await again[0]!.ask('add', /with the secret in \S+secret:/)
  })

  test('over tcp: so does one that was demoted, and it stays a learner', async () => {
    const [mine, yours] = [freshDirectory(), freshDirectory()]
    const { create, join } = await named('tcp', 2)
    const creator = start([...create, '--data', mine])
    await creator.seen(KNOWS_LEADER)
    const second = start([...join[0]!, '--data', yours, '--secret-file', path(mine, 'secret')])
    await second.seen(IS_VOTER)
    await creator.ask('put river Rhine', /written:/)
    await creator.ask('demote b', /committed: 1 voter, 1 learning/)
    await killBoth([creator, second])

    const again = [start(['node', '--data', mine]), start(['node', '--data', yours])]
    for (const node of again) await node.seen(/welcome back: \d+ entries, 1 key: river = "Rhine"/)
    await again[0]!.ask('members', /a \(here\) +voter[\s\S]*b +learner/)
    await again[0]!.ask('remove b', /committed: 1 voter; a majority is 1/)
    expect((await again[1]!.exited).code).toBe(1)

    const removed = start(['node', '--data', yours])
    expect((await removed.exited).code).toBe(1)
    expect(removed.output).toMatch(/ERR_REMOVED: the node of .* was removed from its cluster/)
  })
})

test.concurrent('a node that died while it asked to be let in asks again, with nothing but --data', async () => {
  const [mine, yours] = [freshDirectory(), freshDirectory()]
  const { create, join } = await named('tcp', 2)
  const secret = { RIVERRAFT_SECRET: 'the secret of this very test' }
  const early = start([...join[0]!, '--data', yours], undefined, secret)
  await early.seen(/nobody to ask at .* yet: .*ECONNREFUSED/)
  early.signal('SIGKILL')
  await early.exited
  const again = start(['node', '--data', yours])
  await again.seen(/nobody to ask at .* yet: .*ECONNREFUSED/)
  start([...create, '--data', mine], undefined, secret)
  await again.seen(IS_VOTER)
  await again.ask('put river Rhine', /written:/)
})

test.concurrent('a node that was removed while it was away is told what may have happened', async () => {
  const yours = freshDirectory()
  const secret = { RIVERRAFT_SECRET: 'the secret of this very test' }
  const { create, join } = await named('tcp', 3)
  const creator = start(create, undefined, secret)
  await creator.seen(KNOWS_LEADER)
  const second = start(join[0]!, undefined, secret)
  const third = start([...join[1]!, '--data', yours], undefined, secret)
  for (const node of [second, third]) await node.seen(IS_VOTER)
  await killBoth([third])
  await atLeader([creator, second], 'remove c', /committed: 2 voters/)

  const again = start(['node', '--data', yours])
  await again.seen(/nobody leads; .*refused by [ab]/)
  await again.seen(/may have been removed while it was away/)
  await creator.ask('put river Rhine', /written:/)
})

test.concurrent('a creator whose log is lost does not create the same cluster again: it is refused', async () => {
  const mine = freshDirectory()
  const { create, join } = await named('tcp', 3)
  const creator = start([...create, '--data', mine])
  await creator.seen(KNOWS_LEADER)
  const secret = ['--secret-file', path(mine, 'secret')]
  const others = join.map((command) => start([...command, ...secret]))
  for (const node of others) await node.seen(IS_VOTER)
  // It knows them by now, and whom it could ask.
  await creator.ask('put river Rhine', /written:/)
  await killBoth([creator])
  rmSync(path(mine, 'log'), { recursive: true })

  const again = start([...create, '--data', mine])
  expect((await again.exited).code).toBe(1)
  expect(again.output).toMatch(
    /ERR_JOIN_REFUSED: [bc] did not let a into garden: a is a member with another storage/,
  )
  await others[0]!.ask('get river', /"Rhine"/)
})

test.concurrent.each(['libp2p', 'tcp'] as const)(
  'a port that somebody took meanwhile, over %s: which, and what to do',
  async (transport) => {
    const data = freshDirectory()
    const { create } = await named('tcp', 1)
    const node = start([...(transport === 'tcp' ? create : ['node', '--create']), '--data', data])
    await node.seen(KNOWS_LEADER)
    node.signal('SIGTERM')
    expect((await node.exited).code).toBe(0)
    const { listen } = JSON.parse(readFileSync(path(data, 'node.json'), 'utf8')) as { listen: string }
    const thief: Server = createServer().listen(Number(/\d+$/.exec(listen)![0]), '127.0.0.1')
    await new Promise((resolve) => thief.once('listening', resolve))
    try {
      const again = start(['node', '--data', data])
      expect((await again.exited).code).toBe(1)
      expect(again.output).toMatch(/ERR_LISTEN: .*cannot listen/)
      expect(again.output).toContain(listen)
      expect(again.output).toMatch(/EADDRINUSE.*Is it running already\? Otherwise stop the program/)
    } finally {
      thief.close()
    }
  },
)

async function killBoth(nodes: readonly Program[]): Promise<void> {
  for (const node of nodes) node.signal('SIGKILL')
  await Promise.all(nodes.map((node) => node.exited))
}

import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, test, vi } from 'vitest'
import {
  askUntil,
  atLeader,
  createByHand,
  IS_VOTER,
  joining,
  KNOWS_LEADER,
  leaderOf,
  named,
  WRONG,
} from './by-hand.js'
import { endAll, freshDirectory, type Program, start } from './programs.js'

// Its tests run at the same time, several processes each.
afterAll(endAll)
vi.setConfig({ testTimeout: 60_000 })

const SECRET = { RIVERRAFT_SECRET: 'the secret of this very test' }

describe.concurrent('three people start a node each, in directories of their own', () => {
  test('over libp2p: what one writes the others read, watch and compare; a leader that dies is replaced', async () => {
    const garden = await createByHand()
    const nodes = [garden.creator, start(joining(garden)), start(joining(garden))]
    for (const node of nodes.slice(1)) await node.seen(IS_VOTER)

    const [watcher, writer, reader] = nodes as [Program, Program, Program]
    await watcher.ask('watch riv', /watching keys that begin with "riv"/)
    await writer.ask('put river "the Rhine"', /written: index \d+, term \d+, [\d.]+ ms/)
    await reader.ask('get river', /"the Rhine"/)
    await watcher.seen(/watch: river = "the Rhine" \(index \d+\)/)
    await reader.ask('cas river Danube Elbe', /not swapped, it holds "the Rhine"/)
    await reader.ask('del river', /deleted: index/)
    await watcher.seen(/watch: river deleted/)

    const leader = await leaderOf(nodes)
    const survivors = nodes.filter((node) => node !== leader)
    const elected = survivors.map((node) => node.seen(KNOWS_LEADER, node.output.length))
    leader.signal('SIGKILL')
    await Promise.all(elected)
    await survivors[0]!.ask('put river Danube', /written:/)
    await survivors[1]!.ask('get river', /"Danube"/)
  })

  test.each(['tcp', 'websocket'] as const)(
    'over %s, with the secret in the environment',
    async (transport) => {
      const { create, join } = await named(transport, 3)
      const creator = start(create, undefined, SECRET)
      await creator.seen(/Others join with the secret in RIVERRAFT_SECRET/)
      const nodes = join.map((command) => start(command, undefined, SECRET))
      for (const node of nodes) await node.seen(IS_VOTER)
      await nodes[0]!.ask('put river Rhine', /written:/)
      await nodes[1]!.ask('get river', /"Rhine"/)
      await creator.ask('members', /a \(here\) +voter[\s\S]*b +voter[\s\S]*c +voter/)
      for (const { output } of [creator, ...nodes]) expect(output).not.toContain(SECRET.RIVERRAFT_SECRET)
    },
  )

  test('they end by a signal, by "quit", and not by the end of their input', async () => {
    const garden = await createByHand()
    const directory = freshDirectory()
    const second = start(joining(garden), directory)
    await second.seen(IS_VOTER)
    second.closeInput()
    second.signal('SIGTERM')
    expect((await second.exited).code).toBe(0)
    // Its log was in a temporary directory.
    expect(readdirSync(directory)).toEqual(['riverraft-demo.key'])
    await garden.creator.ask('help', /stop and leave/)
    garden.creator.type('quit')
    expect((await garden.creator.exited).code).toBe(0)
  })
})

test.concurrent('members are changed where the leader is; elsewhere it is said where that is', async () => {
  const { create, join } = await named('tcp', 3)
  const creator = start(create, undefined, SECRET)
  await creator.seen(KNOWS_LEADER)
  const joiners = join.map((command) => start(command, undefined, SECRET))
  for (const node of joiners) await node.seen(IS_VOTER)
  const [second, third] = joiners as [Program, Program]
  const nodes = [creator, second, third]

  const leader = await atLeader(
    nodes,
    'demote c',
    /committed: 2 voters, 1 learning; a majority is 2: index \d+/,
  )
  await third.seen(/members now .*; learning: c\n/)
  await third.ask('members', /c \(here\) +learner/)
  const elsewhere =
    /ERR_NOT_LEADER: nothing was done: only the leader can\. Type the same at [ab], at 127\.0\.0\.1:\d+/
  // For a moment it may know of no leader at all.
  for (const line of ['promote c', 'transfer']) await askUntil(third, line, /ERR_NOT_LEADER.*\n/, elsewhere)
  await atLeader(nodes, 'promote c', /committed: 3 voters; a majority is 2/)
  const [from, to] = leader === creator ? [creator, 'b'] : [second, 'a']
  await atLeader(
    nodes,
    `transfer ${to}`,
    new RegExp(`${to} leads: handed over in [\\d.]+ ms|${to} leads already`),
  )
  await from.ask('add', /riverraft-demo node --cluster garden --transport tcp --id <name> --listen .* --join/)
  await atLeader(nodes, 'remove c', /committed: 2 voters/)
  expect((await third.exited).code).toBe(1)
  expect(third.output).toMatch(/ERR_REMOVED: c was removed from the cluster/)
  // The leader itself, if it is: whoever is left goes on.
  await atLeader([creator, second], 'remove b', /committed: 1 voter; a majority is 1|ERR_REMOVED/)
  expect((await second.exited).code).toBe(1)
  await creator.ask('put lonely river', /written:/)
})

test.concurrent('a node may be added by hand before it starts', async () => {
  const { create, join, addresses } = await named('tcp', 2)
  const creator = start(create, undefined, SECRET)
  await creator.seen(KNOWS_LEADER)
  const from = creator.output.length
  creator.type(`add b ${addresses[1]}`)
  await creator.seen(/members now \(index \d+\): a; learning: b/, from)
  await creator.seen(/b has caught up to index 0 of \d+/, from)
  const second = start(join[0]!, undefined, SECRET)
  await creator.seen(/committed: 2 voters; a majority is 2/, from)
  await second.seen(IS_VOTER)
  await second.ask('put river Rhine', /written:/)
})

test.concurrent('a member that has moved is entered at its new address', async () => {
  const { create, join, addresses } = await named('tcp', 3)
  const creator = start(create, undefined, SECRET)
  await creator.seen(KNOWS_LEADER)
  const joiners = join.map((command) => start(command, undefined, SECRET))
  for (const node of joiners) await node.seen(IS_VOTER)
  const nodes = [creator, ...joiners]
  const elsewhere = addresses[1]!.replace('127.0.0.1', 'localhost')
  const leader = await atLeader(nodes, `add b ${elsewhere}`, /committed: 3 voters/)
  await leader.ask('members', new RegExp(`b (\\(here\\))? +voter .* ${elsewhere}`))
  await leader.ask('put river Rhine', /written:/)
  await atLeader(nodes, 'add b nonsense', /ERR_INVALID_OPTION: .*'nonsense' is not host:port/)
})

describe.concurrent('who may not join is told why, and ends with status 1', () => {
  test('the wrong secret, over libp2p', async () => {
    const { creator, address } = await createByHand()
    const stranger = start(['node', '--cluster', 'garden', '--join', address], undefined, WRONG)
    expect((await stranger.exited).code).toBe(1)
    expect(stranger.output).toMatch(
      /ERR_JOIN_REFUSED: …\w{6} did not let …\w{6} into garden: this node's secret is not the cluster's/,
    )
    await creator.seen(/turned …\w{6} away: wrong-secret/)
  })

  test.each(['tcp', 'websocket'] as const)('the wrong secret, over %s', async (transport) => {
    const { create, join } = await named(transport, 2)
    const creator = start(create, undefined, SECRET)
    await creator.seen(KNOWS_LEADER)
    const stranger = start(join[0]!, undefined, WRONG)
    expect((await stranger.exited).code).toBe(1)
    expect(stranger.output).toMatch(
      /ERR_JOIN_REFUSED: a did not let b into garden: this node's secret is not the cluster's/,
    )
    expect(stranger.output).not.toContain(WRONG.RIVERRAFT_SECRET)
    await creator.ask('members', /a \(here\) +voter[^\n]*\n(?! +b)/)
  })

  test('the wrong cluster', async () => {
    const { address, secretFile } = await createByHand()
    const stranger = start([
      'node',
      '--cluster',
      'orchard',
      '--bootstrap',
      address,
      '--secret-file',
      secretFile,
    ])
    expect((await stranger.exited).code).toBe(1)
    expect(stranger.output).toMatch(/ERR_JOIN_REFUSED: .* into orchard: it belongs to another cluster/)
  })

  test('a node that was killed and comes back with its key, but without its memory', async () => {
    const garden = await createByHand()
    const directory = freshDirectory()
    const second = start(joining(garden), directory)
    const third = start(joining(garden))
    for (const node of [second, third]) await node.seen(IS_VOTER)
    second.signal('SIGKILL')
    await second.exited
    const again = start(joining(garden), directory)
    expect((await again.exited).code).toBe(1)
    expect(again.output).toMatch(/known key/)
    expect(again.output).toMatch(/ERR_JOIN_REFUSED: .* is a member with another storage/)
  })
})

import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { endAll, freshDirectory, type Program, start } from './programs.js'

// Its tests run at the same time.
afterAll(endAll)

/** Starts the creator, and returns it with the address it shows to those who want to join. */
async function createByHand(...args: readonly string[]): Promise<{ creator: Program; address: string }> {
  const creator = start(['node', '--cluster', 'garden', '--create', ...args])
  const [, address] = await creator.seen(/--bootstrap (\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\w+)\n/)
  return { creator, address: address! }
}

const join = (address: string, directory?: string) =>
  start(['node', '--cluster', 'garden', '--bootstrap', address], directory)

const KNOWS_LEADER = /is elected leader of term|follows .*, leader of term/

async function leaderOf(nodes: readonly Program[]): Promise<Program> {
  while (true) {
    for (const node of nodes) {
      const [, role] = await node.ask('status', /role +(\w+) in term/)
      if (role === 'leader') return node
    }
  }
}

describe.concurrent('three people start a node each, in directories of their own', () => {
  test('what one writes the others read, watch and compare; a leader that dies is replaced', async () => {
    const { creator, address } = await createByHand()
    const nodes = [creator, join(address), join(address)]
    for (const node of nodes) await node.seen(KNOWS_LEADER)

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

  test('they end by a signal, by "quit", and not by the end of their input', async () => {
    const { creator, address } = await createByHand('--size', '2')
    const directory = freshDirectory()
    const second = join(address, directory)
    for (const node of [creator, second]) await node.seen(KNOWS_LEADER)
    second.closeInput()
    second.signal('SIGTERM')
    expect((await second.exited).code).toBe(0)
    // Its log was in a temporary directory.
    expect(readdirSync(directory)).toEqual(['riverraft-demo.key'])
    await creator.ask('help', /stop and leave/)
    creator.type('quit')
    expect((await creator.exited).code).toBe(0)
  })
})

describe.concurrent('who may not join is told why, and ends with status 1', () => {
  test('the wrong cluster', async () => {
    const { address } = await createByHand()
    const stranger = start(['node', '--cluster', 'orchard', '--bootstrap', address])
    expect((await stranger.exited).code).toBe(1)
    expect(stranger.output).toMatch(/ERR_JOIN_REFUSED: this is cluster "garden", not "orchard"/)
  })

  test('a late comer', async () => {
    const { creator, address } = await createByHand('--size', '2')
    const second = join(address)
    for (const node of [creator, second]) await node.seen(KNOWS_LEADER)
    const late = join(address)
    expect((await late.exited).code).toBe(1)
    expect(late.output).toMatch(/ERR_JOIN_REFUSED: cluster "garden" already has its 2 members/)
    expect(creator.output).toMatch(/turned …\w{6} away: full/)
  })

  test('a node that was killed and comes back with its key, but without its memory', async () => {
    const { creator, address } = await createByHand()
    const directory = freshDirectory()
    const second = join(address, directory)
    const third = join(address)
    for (const node of [creator, second, third]) await node.seen(KNOWS_LEADER)
    await creator.seen(/reached …\w{6}\n(.*\n)*?.*reached/)
    second.signal('SIGKILL')
    await second.exited
    const again = join(address, directory)
    expect((await again.exited).code).toBe(1)
    expect(again.output).toMatch(/known key/)
    expect(again.output).toMatch(/is refused by …\w{6}: incarnation-changed/)
    expect(again.output).toMatch(/ERR_INCARNATION_CHANGED/)
  })
})

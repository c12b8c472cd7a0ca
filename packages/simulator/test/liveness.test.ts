// The phase after the faults: a calm cluster comes to rest, and each way of not coming to rest is seen and named.
import { RaftError } from '@riverraft/core'
import { expect, test } from 'vitest'
import { livenessPhase } from '../src/checkers/liveness.js'
import { Clients } from '../src/clients/clients.js'
import {
  type RegisterCommand,
  type Registers,
  registers,
  registerWorkload,
} from '../src/clients/register-workload.js'
import { Cluster } from '../src/cluster/cluster.js'
import { Nemesis } from '../src/cluster/nemesis.js'
import { drawPlan } from '../src/cluster/plan.js'
import { type Recording, TAPE_NAMES, tapesOf } from '../src/world/tape.js'
import { World } from '../src/world/world.js'

type Registered = Cluster<RegisterCommand, unknown, Registers>

/** Nothing fails. */
const CALM = Object.fromEntries(TAPE_NAMES.map((name) => [name, []])) as unknown as Recording

/** What is wrong with three servers that have worked for five seconds; `spoil` breaks something, so long after that. */
async function atRest(
  afterMs = 0,
  spoil: (cluster: Registered) => void = () => {},
): Promise<string | undefined> {
  const world = new World({ ...tapesOf(1, CALM), clients: tapesOf(1, undefined).clients })
  const cluster: Registered = new Cluster(world, drawPlan(world.tapes.plan, 3), 1, registers, [])
  const nemesis = new Nemesis(cluster)
  const clients = new Clients(cluster, registerWorkload, new Set())
  nemesis.start()
  clients.start()
  await world.run(5_000)
  // Not before the phase: it undoes what is broken then.
  world.after(afterMs, () => spoil(cluster))
  await livenessPhase(cluster, clients, nemesis)
  for (const server of cluster.servers) server.crash()
  return world.violation && `${world.violation.property}: ${world.violation.message}`
}

/** Nobody hears a follower, nor does it hear anybody. */
function cutOffAFollower(cluster: Registered): void {
  const one = followerOf(cluster)
  for (const other of cluster.servers) {
    cluster.network.block(one.id, other.id)
    cluster.network.block(other.id, one.id)
  }
}

function followerOf({ servers, leader }: Registered): Registered['servers'][number] {
  return servers.find((server) => server !== leader)!
}

// Two seconds to reconnect, three to work, two to reconnect once more, three of silence: each is broken in its time.
const CONNECTING = 1_000
const WORKING = 4_500
const CONNECTING_AGAIN = 6_000
const SILENT = 8_500

test('a calm cluster comes to rest', async () => {
  expect(await atRest()).toBeUndefined()
})

test('a server that does not start again is seen', async () => {
  const said = await atRest(CONNECTING, (cluster) => {
    const one = followerOf(cluster)
    one.crash()
    one.start = () => {}
  })
  expect(said).toBe('liveness: not within 2000 ms: every server starts')
})

test('a server that nobody leads is seen', async () => {
  expect(await atRest(CONNECTING, cutOffAFollower)).toBe(
    'liveness: not within 3000 ms: one leader within ten election timeouts',
  )
})

test('a request that is never answered is seen', async () => {
  const said = await atRest(WORKING, ({ servers }) => {
    for (const { node } of servers) node!.read = () => new Promise(() => {})
  })
  expect(said).toBe('liveness: not within 3000 ms: every promise settles')
})

test.each(['read', 'proposeWithReceipt'] as const)(
  'that no %s succeeds is seen, while others do',
  async (what) => {
    const said = await atRest(CONNECTING, ({ servers }) => {
      const refused = (): Promise<never> => Promise.reject(new RaftError('ERR_OVERLOADED', 'too much'))
      for (const { node } of servers) node![what] = refused
    })
    const kind = what === 'read' ? 'read' : 'propose'
    expect(said).toMatch(
      new RegExp(`^liveness: none of \\d+ requests \\(${kind}\\) of the last 3000 ms succeeded$`),
    )
  },
)

test('a follower that falls behind is seen', async () => {
  expect(await atRest(WORKING, cutOffAFollower)).toBe('liveness: not within 10000 ms: all apply all')
})

test('a follower that is not recognised over a new connection is seen', async () => {
  expect(await atRest(CONNECTING_AGAIN, cutOffAFollower)).toBe(
    'liveness: not within 10000 ms: all streams go on over new connections',
  )
})

test('an election that nobody needs is seen', async () => {
  const said = await atRest(SILENT, ({ leader }) => void leader!.node!.transferLeadership())
  expect(said).toBe('liveness: an election on a quiet network')
})

test('states that differ in the end are seen', async () => {
  const said = await atRest(SILENT, (cluster) => {
    const { machine } = followerOf(cluster)
    Object.assign(machine!.state, { a: -1 })
  })
  expect(said).toMatch(/^liveness: . and . end in different states$/)
})

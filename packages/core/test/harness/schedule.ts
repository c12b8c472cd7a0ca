// Random schedules: a list of acts, each with a number that says on what. Lists shrink well, and replay exactly.
import fc from 'fast-check'
import { isMember } from '../../src/consensus/configuration.js'
import type { NodeId } from '../../src/consensus/index.js'
import type { Clock, Cluster } from './cluster.js'
import type { Entry } from './entry.js'
import type { Server } from './server.js'

export type Act = readonly [name: keyof typeof ACTS, pick: number]

/** What may happen, and how often in proportion. */
const ACTS = {
  deliver: {
    weight: 24,
    do: (cluster: Cluster, pick: number) => cluster.deliver(chosen(cluster.pool, pick)),
  },
  deliverInOrder: { weight: 8, do: (cluster: Cluster) => cluster.deliver(cluster.pool[0]!) },
  duplicate: {
    weight: 3,
    do: (cluster: Cluster, pick: number) => {
      const letter = chosen(cluster.pool, pick)
      cluster.deliver(letter)
      cluster.pool.push(letter)
    },
  },
  drop: {
    weight: 3,
    do: (cluster: Cluster, pick: number) => void cluster.pool.splice(pick % cluster.pool.length, 1),
  },
  /** A good moment: what is under way arrives in order, disks are quick, and what that causes happens too. */
  exchange: {
    weight: 6,
    do: (cluster: Cluster, pick: number) => {
      for (let round = 0; round <= pick % 6; round++) {
        for (const letter of [...cluster.pool]) cluster.deliver(letter)
        for (const server of cluster.servers.values()) if (server.up) server.work()
      }
    },
  },
  timePasses: {
    weight: 8,
    do: (cluster: Cluster, pick: number) => {
      cluster.now += pick % 60
      cluster.tickDue()
    },
  },
  diskWrites: {
    weight: 14,
    do: (cluster: Cluster, pick: number) => running(cluster, pick)?.completeWrites((pick % 3) + 1),
  },
  offer: {
    weight: 10,
    do: (cluster: Cluster, pick: number) => {
      const leader = asked(cluster, pick)
      const to = leader && [...leader.replicateTo][0]
      if (to !== undefined) leader!.offer(to)
    },
  },
  apply: { weight: 4, do: (cluster: Cluster, pick: number) => running(cluster, pick)?.apply() },
  propose: {
    weight: 7,
    do: (cluster: Cluster, pick: number) => {
      const commands = Array.from({ length: (pick % 4) + 1 }, (_, i) => `c${cluster.commands.length + i}`)
      const server = asked(cluster, pick)
      if (server !== undefined) cluster.propose(server.id, ...commands)
    },
  },
  read: {
    weight: 4,
    do: (cluster: Cluster, pick: number) => {
      const server = asked(cluster, pick)
      if (server !== undefined) cluster.read(server.id, pick % 2 === 0)
    },
  },
  takeSnapshot: {
    weight: 4,
    do: (cluster: Cluster, pick: number) => running(cluster, pick)?.snapshots.take(),
  },
  saveSnapshot: {
    weight: 4,
    do: (cluster: Cluster, pick: number) => running(cluster, pick)?.snapshots.save(),
  },
  compact: {
    weight: 4,
    do: (cluster: Cluster, pick: number) => {
      const server = running(cluster, pick)
      server?.snapshots.compact(server.state.snapshot.lastIncludedIndex - (pick % 3))
    },
  },
  keepSnapshot: {
    weight: 6,
    do: (cluster: Cluster, pick: number) => running(cluster, pick)?.snapshots.keep(),
  },
  restoreSnapshot: {
    weight: 6,
    do: (cluster: Cluster, pick: number) => running(cluster, pick)?.snapshots.restore(),
  },
  transfer: {
    weight: 1,
    do: (cluster: Cluster, pick: number) => {
      const to = chosen([...cluster.servers.keys(), undefined], pick >> 6)
      asked(cluster, pick)?.step({ type: 'TransferLeadership', to })
    },
  },
  /** Only in schedules of churn. */
  changeMembership: {
    weight: 0,
    do: (cluster: Cluster, pick: number) => {
      const server = asked(cluster, pick)
      if (server !== undefined) change(cluster, server, pick)
    },
  },
  /** Likewise. Only of a server whose removal is committed, and that is not being added again. */
  wipe: {
    weight: 0,
    do: (cluster: Cluster, pick: number) => {
      const out = [...cluster.servers.keys()].filter((id) => isOut(cluster, id))
      if (out.length === 0) return
      const id = chosen(out, pick >> 6)
      cluster.wipe(id)
      if (pick % 4 === 0) return
      // Mostly it is back before anybody has forgotten what it was.
      cluster.start(id)
      const server = asked(cluster, pick)
      // An old leader may not even know that it was removed.
      if (server === undefined || isMember(server.state.configuration, id)) return
      const { voters, learners = [] } = server.state.configuration
      server.change(voters.join(' '), [...learners, id].join(' '))
    },
  },
  reconnect: {
    weight: 2,
    do: (cluster: Cluster, pick: number) => {
      const [a, b] = [running(cluster, pick), chosen([...cluster.servers.keys()], pick >> 4)]
      if (a !== undefined && a.id !== b) a.step({ type: 'PeerConnected', peer: b })
    },
  },
  crash: { weight: 2, do: (cluster: Cluster, pick: number) => running(cluster, pick)?.crash(pick % 3) },
  restart: {
    weight: 4,
    do: (cluster: Cluster, pick: number) => {
      const server = chosen([...cluster.servers.values()], pick)
      if (!server.up) cluster.start(server.id)
    },
  },
  partition: {
    weight: 2,
    do: (cluster: Cluster, pick: number) => {
      const ids = [...cluster.servers.keys()]
      const side = (bit: number): string => ids.filter((_, i) => ((pick >> i) & 1) === bit).join('')
      cluster.partition(side(0), side(1))
    },
  },
  heal: { weight: 2, do: (cluster: Cluster) => cluster.heal() },
} as const

function isOut({ history, servers }: Cluster, id: NodeId): boolean {
  const newest = history.committed.findLast(({ entry }) => entry.configuration !== undefined)?.entry
  if (newest === undefined || isMember(newest.configuration!, id)) return false
  const isAdded = (entry: Entry): boolean =>
    entry.index > newest.index && entry.configuration !== undefined && isMember(entry.configuration, id)
  const { identity, disk } = servers.get(id)!
  const wasThere = identity.incarnation === 0 || disk.entries.length > 0
  return wasThere && ![...servers.values()].some(({ entries }) => entries.some(isAdded))
}

/** Up to three members change their roles. */
function change(cluster: Cluster, server: Server, pick: number): void {
  const { voters, learners = [] } = server.state.configuration
  const ids = [...cluster.servers.keys()]
  const roles = new Map(ids.map((id) => [id, voters.includes(id) ? 2 : learners.includes(id) ? 1 : 0]))
  for (const bits of [pick, pick >> 5, pick >> 10]) {
    const role = (bits >> 3) & 3
    if (role < 3) roles.set(chosen(ids, bits & 7), role)
  }
  const of = (role: number): string => ids.filter((id) => roles.get(id) === role).join(' ')
  server.change(of(2), of(1), { force: pick % 8 === 0 })
}

function chosen<T>(from: readonly T[], pick: number): T {
  return from[pick % from.length]!
}

/** Mostly somebody who believes to lead, an old leader too. */
function asked(cluster: Cluster, pick: number): Server | undefined {
  const leaders = [...cluster.servers.values()].filter(({ up, state }) => up && state.role.role === 'leader')
  return leaders.length > 0 && (pick >> 2) % 4 !== 0 ? chosen(leaders, pick >> 4) : running(cluster, pick)
}

function running(cluster: Cluster, pick: number): Server | undefined {
  const up = [...cluster.servers.values()].filter((server) => server.up)
  return up[(pick >> 2) % Math.max(1, up.length)]
}

const NEEDS_POOL = new Set(['deliver', 'deliverInOrder', 'duplicate', 'drop'])

export function perform(cluster: Cluster, [name, pick]: Act): void {
  if (NEEDS_POOL.has(name) && cluster.pool.length === 0) return
  ACTS[name].do(cluster, pick)
}

const CHURN = { changeMembership: 6, wipe: 4 }

function act(churn: boolean): fc.Arbitrary<Act> {
  const names = (Object.keys(ACTS) as Act[0][]).map((name) => ({
    arbitrary: fc.constant(name),
    weight: churn && name in CHURN ? CHURN[name as keyof typeof CHURN] : ACTS[name].weight,
  }))
  return fc.tuple(fc.oneof(...names), fc.nat(0xffff))
}

export interface Schedule {
  readonly size: number
  /** How many of them are voters at the beginning. */
  readonly voters: number
  readonly seed: number
  /** True: offers and applies happen at once, so that schedules get further. */
  readonly brisk: boolean
  /** PreVote, stickiness, CheckQuorum and leases; else elections as in Raft §5.2 alone. */
  readonly steady: boolean
  /** How fast and how far off the servers' clocks are. */
  readonly clocks: readonly Clock[]
  readonly acts: readonly Act[]
}

/** `churn`: members come and go. */
export function schedules(actsMax: number, churn = false): fc.Arbitrary<Schedule> {
  const clock = fc.record({ rate: fc.constantFrom(0.8, 0.9, 1, 1.1, 1.25), offset: fc.nat(10_000) })
  const sizes = churn
    ? fc.constantFrom([3, 1], [4, 3], [5, 2], [6, 3], [6, 4], [7, 3])
    : fc.constantFrom(1, 2, 3, 3, 3, 4, 5, 5).map((size) => [size, size])
  const schedule = fc.record({
    sizes: sizes as fc.Arbitrary<[number, number]>,
    seed: fc.nat(1000),
    brisk: fc.boolean(),
    steady: fc.boolean(),
    clocks: fc.array(clock, { minLength: 7, maxLength: 7 }),
    acts: fc.array(act(churn), { minLength: 100, maxLength: actsMax, size: 'max' }),
  })
  return schedule.map(({ sizes: [size, voters], ...rest }) => ({ size, voters, ...rest }))
}

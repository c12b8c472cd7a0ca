// What a nemesis does to the network as a whole.
import type { NodeId } from '@riverraft/core'
import type { AnyServer, Nemesis } from './nemesis.js'
import type { Act } from './plan.js'

const PARTITION_MS_MIN = 100
const PARTITION_MS_MAX = 6_000

type Perform = (nemesis: Nemesis) => boolean
type NetworkAct = Extract<
  Act,
  `partition-${string}` | 'isolate-leader' | 'clog' | 'congest' | 'reset-links' | 'replay-old' | 'crash-voter'
>

/** No frame gets from `from` to `to`; in half of the cases the connections break as well. */
export function cut(nemesis: Nemesis, from: readonly AnyServer[], to: readonly AnyServer[]): void {
  const { network } = nemesis.cluster
  const loud = nemesis.tape.below(2) === 1
  for (const a of from) {
    for (const b of to) {
      network.block(a.id, b.id)
      if (loud) network.endpoint(a.id)?.links.get(b.id)?.reset('partitioned')
    }
  }
  nemesis.later(PARTITION_MS_MIN, PARTITION_MS_MAX, () => network.unblock())
}

/** Two sides, both with somebody on them. */
function sides(nemesis: Nemesis): [AnyServer[], AnyServer[]] | undefined {
  const { servers } = nemesis.cluster
  if (servers.length < 2) return undefined
  const mask = 1 + nemesis.tape.below(2 ** servers.length - 2)
  const side = (bit: number): AnyServer[] => servers.filter((_, i) => ((mask >> i) & 1) === bit)
  return [side(0), side(1)]
}

/**
 * The next candidate reaches one server only, which dies as soon as its vote has left, and is back at once. Whoever asks
 * for a vote next is in the same term: it must not get a second one.
 */
function crashVoter(nemesis: Nemesis): boolean {
  const { cluster, world, tape } = nemesis
  const { network, servers } = cluster
  if (servers.length < 3) return false
  const others = (id: NodeId, but?: NodeId): AnyServer[] =>
    servers.filter((server) => server.id !== id && server.id !== but)
  const the = (id: NodeId): AnyServer[] => servers.filter((server) => server.id === id)
  let election: { readonly term: number; readonly candidate: NodeId; readonly voter: NodeId } | undefined
  network.afterSend = (from, to, { messages }) => {
    for (const message of messages) {
      if (message.type === 'RequestVote' && message.term > (election?.term ?? 0)) {
        election = { term: message.term, candidate: from, voter: to }
        cut(nemesis, the(from), others(from, to))
      }
      const isTheVote = message.type === 'RequestVoteReply' && message.voteGranted && from === election?.voter
      if (!isTheVote || to !== election?.candidate || nemesis.wiping) continue
      network.afterSend = undefined
      cut(nemesis, the(to), others(to))
      cut(nemesis, others(to), the(to))
      world.coverage.hit('crash after a vote')
      const [voter] = the(from)
      voter?.crash()
      world.after(1 + 50 * tape.fraction(), () => voter?.start())
    }
  }
  return true
}

export const hitPartitions: Record<NetworkAct, Perform> = {
  'partition-two-sided': (nemesis) => {
    const both = sides(nemesis)
    if (both === undefined) return false
    cut(nemesis, both[0], both[1])
    cut(nemesis, both[1], both[0])
    return true
  },
  'partition-one-way': (nemesis) => {
    const both = sides(nemesis)
    if (both === undefined) return false
    cut(nemesis, both[0], both[1])
    return true
  },
  /** Two sides that meet in one server only. */
  'partition-bridge': (nemesis) => {
    const { servers } = nemesis.cluster
    const bridge = nemesis.one(servers)
    if (servers.length < 3 || bridge === undefined) return false
    const others = servers.filter((server) => server !== bridge)
    const middle = 1 + nemesis.tape.below(others.length - 1)
    cut(nemesis, others.slice(0, middle), others.slice(middle))
    cut(nemesis, others.slice(middle), others.slice(0, middle))
    return true
  },
  'isolate-leader': (nemesis) => {
    const { leader, servers } = nemesis.cluster
    if (leader === undefined || servers.length < 2) return false
    const others = servers.filter((server) => server !== leader)
    const ways = nemesis.tape.below(3)
    if (ways !== 1) cut(nemesis, [leader], others)
    if (ways !== 2) cut(nemesis, others, [leader])
    return true
  },
  clog: (nemesis) => {
    const { servers, network } = nemesis.cluster
    const [from, to] = [nemesis.one(servers), nemesis.one(servers)]
    if (from === undefined || to === undefined || from === to) return false
    network.clog(from.id, to.id)
    nemesis.later(50, 3_000, () => network.unclog())
    return true
  },
  /** A leader's connection takes no more: its entries queue, then are dropped. Or anybody's. */
  congest: (nemesis) => {
    const { servers, network, leader } = nemesis.cluster
    const from = nemesis.tape.below(2) === 1 ? leader : nemesis.one(servers)
    const to = nemesis.one(servers)
    if (from === undefined || to === undefined || from === to) return false
    network.congest(from.id, to.id)
    nemesis.later(200, 4_000, () => network.decongest())
    return true
  },
  'reset-links': (nemesis) => {
    const server = nemesis.one(nemesis.cluster.up)
    const endpoint = server && nemesis.cluster.network.endpoint(server.id)
    if (endpoint === undefined) return false
    for (const link of endpoint.links.values()) link.reset('reset by the nemesis')
    return true
  },
  'crash-voter': crashVoter,
  'replay-old': (nemesis) => {
    nemesis.cluster.network.replayOld(1 + nemesis.tape.below(5))
    return true
  },
}

// One real node; the test plays its peers, and sees every frame that leaves and when.
import type { LogIndex, NodeId, Term } from '../../../src/consensus/types.js'
import { RaftNode } from '../../../src/node/raft-node.js'
import type { NodeOptions } from '../../../src/node/types.js'
import type { Member, TransportHost } from '../../../src/ports/transport.js'
import { utf8 } from '../../../src/wire/bytes.js'
import { type EntryBlock, EntryKind, encodeBlock } from '../../../src/wire/entry-block.js'
import type { Frame } from '../../../src/wire/frame.js'
import type {
  AppendEntriesWithBlocks,
  Forward,
  ForwardReply,
  PeerMessage,
} from '../../../src/wire/messages.js'
import { WORDS, type Words, type WordsNode } from './cluster.js'
import { Disk, type DiskOptions } from './disk.js'
import { WALL_EPOCH_MS, World } from './world.js'

export interface SoloOptions extends Partial<NodeOptions<string, number, Words>> {
  readonly ids?: readonly NodeId[]
  readonly disk?: DiskOptions
  readonly seed?: number
  readonly world?: World
}

type OfType<Type extends PeerMessage['type']> = Extract<PeerMessage, { type: Type }>

export class Solo {
  readonly world: World
  readonly disk: Disk
  readonly members: readonly Member[]
  node!: WordsNode
  host!: TransportHost
  /** What has left, in order. */
  sent: { to: NodeId; message: PeerMessage }[] = []
  /** Whom the transport was to reach, each time. */
  readonly reached: NodeId[][] = []
  closed = false
  machine: { readonly state: Words } | undefined
  readonly #options: SoloOptions

  constructor(options: SoloOptions = {}) {
    this.#options = options
    this.world = options.world ?? new World(options.seed)
    this.disk = new Disk(this.world, options.disk)
    this.members = (options.ids ?? ['A', 'B', 'C']).map((id) => ({ id, address: id, role: 'voter' }))
  }

  static async start(options?: SoloOptions): Promise<Solo> {
    const solo = new Solo(options)
    await solo.start()
    return solo
  }

  /** Node A, with links to all its peers. */
  get words(): readonly string[] {
    return this.machine?.state.words ?? []
  }

  async start(): Promise<void> {
    const { ids: _ids, disk: _disk, seed: _seed, world: _world, ...changed } = this.#options
    this.sent = []
    this.closed = false
    this.node = await RaftNode.start<string, number, Words>({
      id: 'A',
      clusterId: 'words',
      members: this.members,
      transport: {
        name: 'test',
        listen: async (host) => {
          this.host = host
          return 'test:A'
        },
        setMembers: (members) => void this.reached.push(members.map(({ id }) => id)),
        send: (to, frame) => this.#send(to, frame),
        close: async () => {
          this.closed = true
        },
      },
      storage: this.disk.storage(),
      scheduler: this.world.scheduler(),
      ...changed,
      stateMachine: {
        codec: WORDS.codec,
        create: () => {
          const machine = (changed.stateMachine ?? WORDS).create()
          this.machine = machine
          return machine
        },
      },
    })
    for (const { id } of this.members) if (id !== 'A') this.link(id)
    await this.world.calm()
  }

  #send(to: NodeId, frame: Frame): void {
    for (const message of frame.messages) this.sent.push({ to, message })
  }

  link(peer: NodeId): void {
    const hello = { ...this.host.hello(peer), from: peer, to: 'A', incarnation: incarnationOf(peer) }
    const refusal = this.host.admit(hello)
    if (refusal !== undefined) throw new Error(refusal)
    this.host.linkUp(peer)
  }

  /** A frame from a peer arrives, and all that follows at once happens. */
  async receive(from: NodeId, ...messages: PeerMessage[]): Promise<void> {
    this.host.receive(from, { group: 0, incarnation: incarnationOf(from), messages })
    await this.world.calm()
  }

  /** What has left since the last look. */
  take<Type extends PeerMessage['type']>(type: Type, to?: NodeId): OfType<Type>[] {
    const taken = this.sent.filter(
      (sent) => sent.message.type === type && (to === undefined || sent.to === to),
    )
    this.sent = this.sent.filter((sent) => !taken.includes(sent))
    return taken.map(({ message }) => message as OfType<Type>)
  }

  /** A campaigns: a majority is willing to vote for it. */
  async campaign(): Promise<void> {
    const asks = (): boolean => this.node.status().role === 'pre-candidate'
    await this.world.until('A asks for pre-votes', asks)
    await this.world.calm()
    const { term } = this.node.status()
    const reply = { type: 'PreVoteReply', term, askedTerm: term, voteGranted: true } as const
    for (const { id } of this.members.slice(1, Math.floor(this.members.length / 2) + 1))
      await this.receive(id, reply)
  }

  /** B votes for A; B and C acknowledge its no-op unless told otherwise. Returns the term. */
  async lead({ acknowledge = true } = {}): Promise<Term> {
    await this.campaign()
    const { term } = this.node.status()
    await this.receive('B', { type: 'RequestVoteReply', term, voteGranted: true })
    if (acknowledge) await this.acknowledge()
    this.sent = []
    return term
  }

  /** This node opens its own session, at the next index of its own log or of the log of `leader`, whose id it is. */
  async openSession(leader: NodeId = 'A'): Promise<number> {
    const asked = new AbortController()
    const { signal } = asked
    void this.node.propose('given up at once', { signal }).catch(() => undefined)
    asked.abort()
    await this.world.calm()
    if (leader === 'A') await this.acknowledge()
    else await this.leaderTakes(leader, this.take('Forward', leader)[0]!)
    this.sent = []
    return this.node.status().lastIndex
  }

  /** The leader appends what was forwarded to it, answers, and tells that it is committed. */
  async leaderTakes(leader: NodeId, forward: Forward): Promise<void> {
    const { term, lastIndex } = this.node.status()
    const prevLogTerm = this.disk.termAt(lastIndex)
    const entries = [blockOf(forward, lastIndex + 1, term)]
    const leaderCommit = lastIndex + forward.commands.length
    await this.receive(
      leader,
      accepted(forward, lastIndex + 1),
      append(term, lastIndex, prevLogTerm, entries, { leaderCommit }),
    )
  }

  /** `peers` hold all that A has. */
  async acknowledge(peers: readonly NodeId[] = ['B', 'C'], round = 0): Promise<void> {
    const { term, lastIndex } = this.node.status()
    for (const peer of peers) await this.receive(peer, success(term, lastIndex, round))
  }

  /** A follows `leader`, who has committed nothing and says so. */
  async follow(leader: NodeId, term: Term, changed: Partial<AppendEntriesWithBlocks> = {}): Promise<void> {
    await this.receive(leader, append(term, 0, 0, [], changed))
  }
}

/** The incarnation of a played peer. */
export function incarnationOf(id: NodeId): string {
  return id.charCodeAt(0).toString(16).padStart(16, '0')
}

export function success(term: Term, matchIndex: LogIndex, round = 0): PeerMessage {
  const nothing = { rejectedIndex: 0, hintIndex: 0, hintTerm: 0 }
  return { type: 'AppendEntriesReply', term, success: true, matchIndex, ...nothing, round }
}

export function append(
  term: Term,
  prevLogIndex: LogIndex,
  prevLogTerm: Term,
  entries: readonly EntryBlock[],
  changed: Partial<AppendEntriesWithBlocks> = {},
): AppendEntriesWithBlocks {
  const rest = { leaderCommit: 0, round: 0, ...changed }
  return { type: 'AppendEntries', term, prevLogIndex, prevLogTerm, entries, ...rest }
}

export function block(firstIndex: LogIndex, term: Term, ...words: string[]): EntryBlock {
  const entries = words.map((word) => ({ kind: EntryKind.Command, payload: utf8(JSON.stringify(word)) }))
  return encodeBlock({ firstIndex, term, timestamp: 1 }, entries)
}

/** A leader's block of what was forwarded to it. */
export function blockOf(
  forward: Forward,
  firstIndex: LogIndex,
  term: Term,
  timestamp = WALL_EPOCH_MS,
): EntryBlock {
  const { kind, sessionId, firstSequence, acknowledgedBelow, commands } = forward
  const header = { firstIndex, term, timestamp, sessionId, firstSequence, acknowledgedBelow }
  return encodeBlock(
    header,
    commands.map((payload) => ({ kind, payload })),
  )
}

export function accepted({ term, sequence }: Forward, firstIndex: LogIndex): ForwardReply {
  return { type: 'ForwardReply', term, sequence, accepted: true, overloaded: false, firstIndex }
}

export function refused({ term, sequence }: Forward, changed: Partial<ForwardReply> = {}): ForwardReply {
  const rest = { accepted: false, overloaded: false, firstIndex: 0, ...changed }
  return { type: 'ForwardReply', term, sequence, ...rest }
}

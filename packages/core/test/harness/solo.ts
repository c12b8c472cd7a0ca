// One server under the microscope: a test plays everybody else, and sees what leaves and when.
import type {
  AppendEntries,
  AppendEntriesReply,
  ConsensusEvent,
  ConsensusOptions,
  Effect,
  HardState,
  Message,
  NodeId,
  StepResult,
} from '../../src/consensus/index.js'
import { type Entry, log, runsOf } from './entry.js'
import { History } from './history.js'
import { INVARIANTS } from './invariants.js'
import type { Letter } from './letter.js'
import { OPTIONS } from './options.js'
import { Server, type World } from './server.js'

export interface SoloOptions {
  readonly voters?: readonly NodeId[]
  readonly hardState?: HardState
  /** The terms of the recovered log. */
  readonly log?: readonly number[]
  readonly seed?: number
  readonly consensus?: Partial<ConsensusOptions>
}

export class Solo implements World {
  readonly server: Server
  readonly #history: History
  /** What has left, in order, and is not yet taken by the test. */
  sent: { to: NodeId; message: Message }[] = []
  events: ConsensusEvent[] = []
  effects: Effect[] = []

  /** Server A of A, B, C; its disk works only when told to. */
  constructor(options: SoloOptions = {}) {
    const { voters = ['A', 'B', 'C'], hardState, seed = 1, consensus } = options
    this.server = new Server({ id: 'A', voters, seed, consensus: { ...OPTIONS, ...consensus } }, this)
    this.#history = new History(new Map([['A', this.server]]))
    this.server.automatic.disk = false
    this.server.disk.entries = log(...(options.log ?? []))
    const currentTerm = Math.max(0, ...(options.log ?? []))
    this.server.disk.hardState = hardState ?? { currentTerm, votedFor: undefined }
    this.server.start()
  }

  get state(): Server['state'] {
    return this.server.state
  }

  send(letter: Letter): void {
    for (const invariant of INVARIANTS) invariant.left?.(this.#history, letter)
    this.sent.push({ to: letter.to, message: letter.message })
  }

  stepped(_server: Server, _input: unknown, result: StepResult): void {
    this.events.push(...result.events)
    this.effects.push(...result.effects)
  }

  /** What has left since the last look. */
  take(): Message[] {
    return this.sent.splice(0).map(({ message }) => message)
  }

  takeEvents(): ConsensusEvent['type'][] {
    return this.events.splice(0).map(({ type }) => type)
  }

  /** The election timer (or a leader's heartbeat timer) fires. */
  elapse(): void {
    this.server.now = this.server.wakeAt
    this.server.step({ type: 'Tick' })
  }

  receive(from: NodeId, message: Message, entries: readonly Entry[] = []): Message[] {
    this.server.receive({ from, to: 'A', message, entries, incarnation: 0 })
    return this.take()
  }

  /** All writes under way complete; returns what waited for them. */
  persist(count?: number): Message[] {
    this.server.completeWrites(count)
    return this.take()
  }

  /** Elected, its no-op on its own disk and nowhere else. */
  lead(): this {
    if (this.state.role.role === 'leader') throw new Error('leads already')
    while (this.state.role.role !== 'candidate') {
      this.elapse()
      for (const voter of this.state.configuration.voters) if (voter !== 'A') this.preVote(voter)
    }
    this.persist()
    for (const voter of this.state.configuration.voters) {
      if (voter !== 'A' && this.state.role.role === 'candidate') this.vote(voter)
    }
    this.persist()
    this.take()
    this.events = []
    this.effects = []
    return this
  }

  /** `from` gives A its vote of the current term. */
  vote(from: NodeId): Message[] {
    return this.receive(from, { type: 'RequestVoteReply', term: this.state.currentTerm, voteGranted: true })
  }

  /** `from` would vote for A, or not: counted only while A asks. */
  preVote(from: NodeId, voteGranted = true, term = this.state.currentTerm): Message[] {
    if (this.state.role.role !== 'pre-candidate') return []
    return this.receive(from, { type: 'PreVoteReply', term, askedTerm: this.state.currentTerm, voteGranted })
  }

  /** `ms` pass, and nothing is due: what comes next comes then. */
  wait(ms: number): this {
    this.server.now += ms
    return this
  }

  /** `from` asks for A's vote; by default its log is empty. */
  requestVote(from: NodeId, term: number, lastLogIndex = 0, lastLogTerm = 0): Message[] {
    return this.receive(from, { type: 'RequestVote', term, lastLogIndex, lastLogTerm, transfer: false })
  }

  crash(reached = 0): void {
    this.server.crash(reached)
    this.server.start()
  }

  /** The leader's view of a follower. */
  follower(id: NodeId) {
    if (this.state.role.role !== 'leader') throw new Error('does not lead')
    return this.state.role.followers.get(id)!
  }

  append(from: NodeId, message: Append): AppendEntriesReply[] {
    return this.receive(from, appendEntries(message), entriesOf(message)) as AppendEntriesReply[]
  }

  /** What a follower that has everything up to matchIndex says. */
  acknowledge(from: NodeId, matchIndex: number, round = 0): Message[] {
    return this.receive(from, success(this.state.currentTerm, matchIndex, round))
  }
}

/** An AppendEntries whose entries are given by their terms. */
export interface Append {
  readonly term: number
  readonly prevLogIndex?: number
  readonly prevLogTerm?: number
  readonly terms?: readonly number[]
  readonly leaderCommit?: number
  readonly round?: number
}

function entriesOf({ prevLogIndex = 0, terms = [] }: Append): Entry[] {
  return terms.map((term, i) => ({
    index: prevLogIndex + i + 1,
    term,
    command: `t${term}i${prevLogIndex + i + 1}`,
  }))
}

export function appendEntries(message: Append): AppendEntries {
  const { term, prevLogIndex = 0, prevLogTerm = 0, leaderCommit = 0, round = 0 } = message
  const entries = runsOf(entriesOf(message))
  return { type: 'AppendEntries', term, prevLogIndex, prevLogTerm, entries, leaderCommit, round }
}

export function success(term: number, matchIndex: number, round = 0): AppendEntriesReply {
  const nothing = { rejectedIndex: 0, hintIndex: 0, hintTerm: 0 }
  return { type: 'AppendEntriesReply', term, success: true, matchIndex, ...nothing, round }
}

export function refusal(
  term: number,
  rejectedIndex: number,
  hintIndex: number,
  hintTerm: number,
): AppendEntriesReply {
  return {
    type: 'AppendEntriesReply',
    term,
    success: false,
    matchIndex: 0,
    rejectedIndex,
    hintIndex,
    hintTerm,
    round: 0,
  }
}

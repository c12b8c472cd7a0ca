// A leader and one follower behind a path of a given length and speed: as many entries as the leader lets out.
import {
  type ConsensusEvent,
  type ConsensusOptions,
  entriesWanted,
  type Follower,
  type Input,
  initialState,
  type Run,
  type State,
  step,
} from '../../src/consensus/index.js'

const ENTRY_BYTES = 1_024

export interface PathOptions {
  /** There and back, when nothing waits. */
  roundTripMs: number
  /** What the slowest part takes in: the link, or the follower's disk. */
  bytesPerMs: number
}

export class Path {
  readonly state: State
  readonly options: PathOptions
  now = 0
  /** Of every kind, how often. */
  readonly events: Map<string, number> = new Map()
  deliveredBytes = 0
  /** The most that was in flight at once. */
  mostBytes = 0
  /** How long the last message waited behind others. */
  queuedMs = 0
  readonly #letters: { readonly at: number; readonly lastIndex: number; readonly bytes: number }[] = []
  #busyUntil = 0

  constructor(options: PathOptions, consensus: ConsensusOptions) {
    this.options = options
    this.state = initialState('A', consensus, 1)
    const configuration = { voters: ['A', 'B', 'C'] }
    const snapshot = { lastIncludedIndex: 0, lastIncludedTerm: 0, configuration }
    this.#step({
      type: 'Recover',
      now: 0,
      hardState: { currentTerm: 0, votedFor: undefined },
      runs: [],
      snapshot,
    })
    this.now = consensus.electionTimeoutMsMax
    this.#step({ type: 'Tick', now: this.now })
    this.#step({
      type: 'Receive',
      now: this.now,
      from: 'B',
      message: { type: 'RequestVoteReply', term: 1, voteGranted: true },
    })
    this.acknowledge(1)
  }

  get follower(): Follower {
    if (this.state.role.role !== 'leader') throw new Error('does not lead')
    return this.state.role.followers.get('B')!
  }

  /** The leader has more to send at any time. */
  run(ms: number): this {
    const end = this.now + ms
    this.#send()
    while (this.#letters.length > 0 && this.#letters[0]!.at <= end) {
      const { at, lastIndex, bytes } = this.#letters.shift()!
      this.now = at
      this.deliveredBytes += bytes
      this.acknowledge(lastIndex)
      this.#send()
    }
    this.now = end
    return this
  }

  /** Nothing is asked for; what is under way arrives. */
  idle(): this {
    for (const { at, lastIndex } of this.#letters.splice(0)) {
      this.now = at
      this.acknowledge(lastIndex)
    }
    return this
  }

  acknowledge(matchIndex: number): void {
    const nothing = { rejectedIndex: 0, hintIndex: 0, hintTerm: 0, round: 0 }
    const message = { type: 'AppendEntriesReply', term: 1, success: true, matchIndex, ...nothing } as const
    this.#step({ type: 'Receive', now: this.now, from: 'B', message })
  }

  reconnect(): void {
    this.#letters.length = 0
    this.#step({ type: 'PeerConnected', now: this.now, peer: 'B' })
  }

  #send(): void {
    for (let wanted = this.#wanted(); wanted !== undefined; wanted = this.#wanted()) {
      const count = Math.max(1, Math.floor(wanted.bytesMax / ENTRY_BYTES))
      const lastIndex = Math.min(wanted.fromIndex + count - 1, this.state.log.lastIndex)
      const entries: Run[] = [{ firstIndex: wanted.fromIndex, lastIndex, term: 1 }]
      const bytes = (lastIndex - wanted.fromIndex + 1) * ENTRY_BYTES
      this.#step({ type: 'OfferEntries', now: this.now, to: 'B', entries, bytes })
      const begins = Math.max(this.now, this.#busyUntil)
      this.queuedMs = begins - this.now
      this.#busyUntil = begins + bytes / this.options.bytesPerMs
      this.#letters.push({ at: this.#busyUntil + this.options.roundTripMs, lastIndex, bytes })
      this.mostBytes = Math.max(this.mostBytes, this.follower.inFlightBytes)
    }
  }

  #wanted(): { fromIndex: number; bytesMax: number } | undefined {
    if (this.state.log.lastIndex < this.follower.nextIndex + 8_192)
      this.#step({ type: 'Propose', now: this.now, count: 16_384 })
    const wanted = entriesWanted(this.state, 'B')
    return wanted === undefined || wanted.bytesMax === 0 ? undefined : wanted
  }

  #step(input: Input): void {
    const { events, effects } = step(this.state, input)
    for (const { type } of events as ConsensusEvent[]) this.events.set(type, (this.events.get(type) ?? 0) + 1)
    for (const effect of effects) {
      if (effect.type === 'Persist') this.#step({ type: 'Persisted', now: this.now, write: effect.write })
    }
  }
}

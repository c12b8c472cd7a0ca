// One server: pure consensus, its disk, and the few lines of runtime that carry out effects. No node, no clock.
import {
  type ConsensusEvent,
  type ConsensusOptions,
  type Effect,
  type EncodeBlock,
  entriesWanted,
  type Input,
  initialState,
  type LogIndex,
  type MembershipRefusal,
  type Message,
  type NodeId,
  type State,
  type StepResult,
  step,
} from '../../src/consensus/index.js'
import { Acquaintances } from './acquaintances.js'
import { Disk, type Snapshot } from './disk.js'
import { type Entry, runsOf } from './entry.js'
import { Identity } from './identity.js'
import type { Automatic, Letter } from './letter.js'
import { ENTRY_BYTES } from './options.js'
import { Snapshots } from './snapshots.js'

/** What a server touches of the world: the network, and whoever watches. */
export interface World {
  send(letter: Letter): void
  /** After every step, before its effects are carried out. */
  stepped(server: Server, input: Input, result: StepResult): void
}

type Distribute<T> = T extends unknown ? Omit<T, 'now'> : never
export type InputAt = Distribute<Input>

export interface ServerOptions {
  readonly id: NodeId
  /** Those the cluster began with; empty at a server that is to learn it from the log. */
  readonly voters: readonly NodeId[]
  readonly seed: number
  readonly consensus: ConsensusOptions
}

export class Server {
  options: ServerOptions
  readonly id: NodeId
  disk: Disk = new Disk()
  readonly identity = new Identity()
  readonly acquaintances = new Acquaintances()
  readonly snapshots: Snapshots = new Snapshots(this)
  readonly automatic: Automatic = { disk: true, offers: true, apply: true }
  state: State
  entries: Entry[] = []
  /** Those the cluster began with, once this server knows them: from its options, or by a snapshot. */
  firstVoters: readonly NodeId[]
  up = false
  now = 0
  wakeAt = Number.POSITIVE_INFINITY
  /** Every input since the process began: feeding them to a fresh state replays it. */
  inputs: Input[] = []
  /** What each of them gave. */
  outputs: StepResult[] = []
  /** How many entries before nextIndex an offer begins: a block boundary. */
  boundary: (fromIndex: LogIndex) => number = () => 0
  readonly replicateTo = new Set<NodeId>()
  applyTo: LogIndex = 0
  readonly answered = new Map<number, LogIndex>()
  readonly refusedReads: number[] = []
  refusedProposals: string[] = []
  /** Why membership changes were refused here, in order. */
  readonly refusedChanges: MembershipRefusal[] = []
  /** How often it was told that it is out. */
  removals = 0
  #held: { letter: Letter; afterWrite: number }[] = []
  #proposing: string[] = []
  readonly #world: World

  constructor(options: ServerOptions, world: World) {
    this.options = options
    this.id = options.id
    this.#world = world
    this.firstVoters = options.voters
    this.state = initialState(options.id, options.consensus, options.seed)
  }

  /** The process begins (again), with what the disk holds. */
  start(): void {
    const { id, consensus, seed, voters } = this.options
    this.state = initialState(id, consensus, seed)
    const runs = this.disk.open()
    this.entries = [...this.disk.entries]
    this.inputs = []
    this.outputs = []
    this.wakeAt = Number.POSITIVE_INFINITY
    this.applyTo = 0
    this.up = true
    const empty = { lastIncludedIndex: 0, lastIncludedTerm: 0, configuration: { voters } }
    if (this.disk.snapshot !== undefined) this.learnFirstVoters(this.disk.snapshot)
    const snapshot = this.disk.snapshot?.point ?? empty
    this.step({ type: 'Recover', hardState: this.disk.hardState, runs, snapshot })
  }

  /** A snapshot without any change of the members tells who was there from the beginning. */
  learnFirstVoters({ point, entries }: Snapshot): void {
    if (entries.every(({ configuration }) => configuration === undefined))
      this.firstVoters = point.configuration.voters
  }

  crash(reached = 0): void {
    this.disk.crash(reached)
    this.snapshots.crash()
    this.up = false
    this.#held = []
    this.replicateTo.clear()
    this.answered.clear()
    this.wakeAt = Number.POSITIVE_INFINITY
  }

  /** All that the disk held is gone: it comes back, if at all, as a server that knows nobody. */
  wipe(committed: LogIndex): void {
    this.crash()
    this.disk = new Disk()
    this.options = { ...this.options, voters: [] }
    this.firstVoters = this.options.voters
    this.entries = []
    this.acquaintances.forget()
    this.identity.replaced(committed)
  }

  step(input: InputAt, arrived: readonly Entry[] = []): StepResult {
    const isAnother = this.identity.isAnother(this.state)
    const stamped = { ...input, now: this.now, ...(input.type === 'Tick' ? { isAnother } : {}) } as Input
    this.inputs.push(stamped)
    const result = step(this.state, stamped)
    this.outputs.push(result)
    this.#follow(result, arrived)
    this.#world.stepped(this, stamped, result)
    for (const effect of result.effects) this.#carryOut(effect, arrived)
    if (input.type === 'Tick') this.snapshots.sendAgain()
    this.work(this.automatic)
    return result
  }

  receive({ from, message, entries }: Letter): StepResult {
    return this.step({ type: 'Receive', from, message }, entries)
  }

  propose(...commands: string[]): StepResult {
    this.#proposing = commands
    return this.step({ type: 'Propose', count: commands.length })
  }

  /** True when this event has happened since the process began. */
  happened(type: ConsensusEvent['type']): boolean {
    return this.outputs.some(({ events }) => events.some((event) => event.type === type))
  }

  /** Asks for these members: `change('A B', 'C')` for voters A and B and learner C. */
  change(
    voters: string,
    learners = '',
    more: { expectedIndex?: LogIndex; force?: boolean } = {},
  ): StepResult {
    const { expectedIndex, force = false } = more
    const [ids, others] = [voters, learners].map((names) => names.split(' ').filter((name) => name !== ''))
    return this.step({ type: 'ChangeMembership', voters: ids!, learners: others!, expectedIndex, force })
  }

  /** The oldest `count` writes complete; what waited for them leaves. */
  completeWrites(count = this.disk.inFlight.length): void {
    let write = 0
    for (let i = 0; i < count && this.disk.inFlight.length > 0; i++) {
      write = this.disk.complete()
      const ready = this.#held.filter(({ afterWrite }) => afterWrite <= write)
      this.#held = this.#held.filter(({ afterWrite }) => afterWrite > write)
      for (const { letter } of ready) this.#world.send(letter)
    }
    if (write > 0) this.step({ type: 'Persisted', write })
  }

  /** Offers `to` what it wants of this log, if anything. */
  offer(to: NodeId): void {
    this.replicateTo.delete(to)
    const wanted = entriesWanted(this.state, to)
    if (wanted === undefined) return
    const { fromIndex, firstIndexMin, bytesMax } = wanted
    const first = Math.max(firstIndexMin, fromIndex - this.boundary(fromIndex))
    const count = bytesMax === 0 ? 0 : Math.max(fromIndex - first + 1, Math.floor(bytesMax / ENTRY_BYTES))
    const entries = this.entries.slice(first - 1, first - 1 + count)
    this.step({ type: 'OfferEntries', to, entries: runsOf(entries), bytes: entries.length * ENTRY_BYTES })
  }

  apply(): void {
    if (this.applyTo > this.state.lastApplied) this.step({ type: 'Applied', index: this.applyTo })
  }

  /** Does what is waiting to be done: offers, applies, writes. */
  work(duties: Automatic = { disk: true, offers: true, apply: true }): void {
    if (duties.offers) for (const to of this.replicateTo) this.offer(to)
    if (duties.apply) this.apply()
    if (!duties.disk) return
    this.completeWrites()
    this.snapshots.save()
    this.snapshots.keep()
    this.snapshots.restore()
  }

  /** Keeps the entries' contents beside the runs that consensus keeps. */
  #follow({ events, effects }: StepResult, arrived: readonly Entry[]): void {
    const blocks = effects.filter((effect) => effect.type === 'EncodeBlock')
    for (const event of events) {
      this.acquaintances.note(event)
      if (event.type === 'LogTruncated') this.entries.length = event.fromIndex - 1
      if (event.type === 'SnapshotInstalled') {
        const behind = event.logKept ? this.entries.slice(arrived.length) : []
        this.entries = [...arrived, ...behind]
      }
      if (event.type !== 'EntriesAppended') continue
      for (let index = event.firstIndex; index <= event.lastIndex; index++) {
        const encoded = blocks.find(({ firstIndex, lastIndex }) => firstIndex <= index && index <= lastIndex)
        const entry = encoded
          ? this.#encode(encoded, index)
          : arrived.find((candidate) => candidate.index === index)
        if (entry?.term !== event.term) throw new Error(`no entry arrived for ${index} of term ${event.term}`)
        this.entries.push(entry)
      }
    }
  }

  #encode({ content, term, configuration }: EncodeBlock, index: LogIndex): Entry {
    if (configuration !== undefined) return { index, term, command: `members${index}`, configuration }
    return { index, term, command: content === 'noop' ? `noop${term}` : this.#proposing.shift()! }
  }

  /** It promises nothing, so it waits for no write. */
  sendAtOnce(to: NodeId, message: Message, entries: readonly Entry[]): void {
    this.#world.send({ from: this.id, to, message, entries, incarnation: this.identity.incarnation })
  }

  #carryOut(effect: Effect, arrived: readonly Entry[]): void {
    switch (effect.type) {
      case 'Send': {
        const { to, message, afterWrite } = effect
        const runs = message.type === 'AppendEntries' ? message.entries : []
        const entries = runs.flatMap((run) => this.entries.slice(run.firstIndex - 1, run.lastIndex))
        const letter = { from: this.id, to, message, entries, incarnation: this.identity.incarnation }
        if (afterWrite === 0) this.#world.send(letter)
        else this.#held.push({ letter, afterWrite })
        return
      }
      case 'Persist': {
        const { appended } = effect
        const entries = appended ? this.entries.slice(appended.firstIndex - 1, appended.lastIndex) : []
        return this.disk.start(effect, entries)
      }
      case 'RefuseProposals':
        this.refusedProposals.push(...this.#proposing.splice(0))
        return
      case 'Replicate':
        this.replicateTo.add(effect.to)
        return
      case 'Apply':
        this.applyTo = effect.commitIndex
        return
      case 'AnswerReads':
        for (const readId of effect.readIds) this.answered.set(readId, effect.readIndex)
        return
      case 'RefuseReads':
        this.refusedReads.push(...effect.readIds)
        return
      case 'SendSnapshot':
        return this.snapshots.send(effect.to)
      case 'StoreChunk':
        return this.snapshots.receive(effect.from, effect.chunk, arrived)
      case 'ForgetLog':
        return this.disk.forget(effect.through)
      case 'WakeAt':
        this.wakeAt = effect.at
        return
      case 'MembershipRefused':
        this.refusedChanges.push(effect.reason)
        return
      case 'Removed':
        this.removals++
        return
      case 'RestartLog':
        return this.disk.restartBehind(this.entries.slice(0, effect.index), effect.term)
      case 'EncodeBlock':
      case 'ContinueSnapshot':
      case 'TransferFailed':
        return
      default:
        effect satisfies never
    }
  }
}

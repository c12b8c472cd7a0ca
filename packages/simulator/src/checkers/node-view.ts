// What the checkers know of one server: its memory as its events tell it, its disk as its storage's answers tell it.
import type {
  EventOf,
  HardState,
  LogIndex,
  NodeEvent,
  NodeId,
  SnapshotMetadata,
  StoredState,
  Term,
  WriteBatch,
} from '@riverraft/core'
import type { Configurations, KnownConfiguration } from './configurations.js'

export type ViewRole = 'down' | 'follower' | 'pre-candidate' | 'candidate' | 'leader'

/** A snapshot stands for committed entries: their terms. */
export interface SnapshotView {
  readonly metadata: SnapshotMetadata
  readonly prefix: readonly Term[]
}

export class NodeView {
  readonly id: NodeId
  /** Who had this id before, was removed, and gave place to this one with an empty disk. */
  readonly former: NodeView | undefined
  /** Tells servers apart, also those with the same id. */
  readonly name: string
  /** Of the storage that was opened last. */
  incarnation: string | undefined
  role: ViewRole = 'down'
  term: Term = 0
  commitIndex: LogIndex = 0
  lastApplied: LogIndex = 0
  /** The term of each entry of the log in memory, also of those that a snapshot has replaced: position 0 is index 1. */
  log: Term[] = []
  /** The same of the storage's log, as it is without its snapshot. */
  storedLog: Term[] = []
  /** The newest one on the disk, and those that may be there or not: under way, or failed. */
  durableSnapshot: SnapshotView | undefined
  savingSnapshots: SnapshotView[] = []
  /** Those before: one may serve when all newer ones are damaged, and the log still has what is between. */
  olderSnapshots: SnapshotView[] = []
  /** Something on its disk was damaged. */
  rotten = false
  /** How often its cluster was recovered from a lost quorum, as its disk has it. */
  generation = 0
  durableHardState: HardState = { currentTerm: 0, votedFor: undefined }
  /** Under way: it may be on the disk or not. */
  writing: WriteBatch | undefined
  /** The storage of this process has failed: nothing may leave it any more. */
  storageFailed = false
  /** Its disk was replaced by an empty one. */
  wiped = false
  readonly configurations: Configurations

  constructor(id: NodeId, configurations: Configurations, former?: NodeView) {
    this.id = id
    this.configurations = configurations
    this.former = former
    this.name = former === undefined ? id : `${former.name}'`
  }

  /** "a server always uses the latest configuration in its log" (Raft §6), here the one in memory. */
  get configuration(): KnownConfiguration {
    return this.configurationAt(this.log.length)
  }

  /** The newest one of its log up to `index`. */
  configurationAt(index: LogIndex): KnownConfiguration {
    return this.configurations.inForce(index, (at) => this.log[at - 1])
  }

  /** The newest one on its disk. */
  get durableConfiguration(): KnownConfiguration {
    const log = this.durableLog
    return this.configurations.inForce(log.length, (at) => log[at - 1])
  }

  termAt(index: LogIndex): Term {
    return index === 0 ? 0 : (this.log[index - 1] ?? 0)
  }

  /** What opening the disk would show. */
  get durableLog(): readonly Term[] {
    return logWith(this.storedLog, this.durableSnapshot)
  }

  durableTermAt(index: LogIndex): Term {
    return index === 0 ? 0 : (this.durableLog[index - 1] ?? 0)
  }

  /** A process ends: its memory is gone. */
  stopped(): void {
    this.role = 'down'
    this.commitIndex = 0
    this.lastApplied = 0
    this.storageFailed = false
  }

  /** Its disk is replaced by an empty one. */
  wipe(): void {
    this.wiped = true
    this.incarnation = undefined
    this.generation = 0
    this.durableHardState = { currentTerm: 0, votedFor: undefined }
    this.storedLog = []
    this.log = []
    this.writing = undefined
    this.durableSnapshot = undefined
    this.savingSnapshots = []
    this.olderSnapshots = []
  }

  opened(stored: StoredState): void {
    this.writing = undefined
    this.incarnation = stored.incarnation
    this.generation = stored.generation ?? 0
    this.durableHardState = stored.hardState
    const { snapshot } = stored
    // A save whose end nobody saw may have succeeded.
    const known = [...this.savingSnapshots, ...this.olderSnapshots]
    if (this.durableSnapshot !== undefined) known.unshift(this.durableSnapshot)
    this.durableSnapshot = known.find(({ metadata }) => metadata.index === snapshot?.index)
    this.olderSnapshots = known.filter(({ metadata }) => metadata.index < (snapshot?.index ?? 0))
    this.savingSnapshots = []
    // What the log has forgotten is what the snapshot stands for.
    const begin = (stored.runs[0]?.firstIndex ?? (snapshot?.index ?? 0) + 1) - 1
    this.storedLog = (this.durableSnapshot?.prefix ?? []).slice(0, begin)
    for (const run of stored.runs) pushTerms(this.storedLog, run.firstIndex, run.lastIndex, run.term)
    this.log = [...this.durableLog]
    this.commitIndex = snapshot?.index ?? 0
    this.lastApplied = this.commitIndex
    this.term = stored.hardState.currentTerm
    this.role = 'follower'
  }

  durable(batch: WriteBatch): void {
    this.writing = undefined
    if (batch.hardState !== undefined) this.durableHardState = batch.hardState
    this.generation = batch.generation ?? this.generation
    applyBatch(this.storedLog, batch, this.durableSnapshot)
  }

  follow(event: NodeEvent): void {
    switch (event.type) {
      case 'TermAdvanced':
        this.term = event.term
        this.role = 'follower'
        return
      case 'BecameFollower':
        this.role = 'follower'
        return
      case 'BecamePreCandidate':
        this.role = 'pre-candidate'
        return
      case 'BecameCandidate':
        this.role = 'candidate'
        return
      case 'BecameLeader':
        this.role = 'leader'
        return
      case 'EntriesAppended':
        return pushTerms(this.log, event.firstIndex, event.lastIndex, event.term)
      case 'LogTruncated':
        this.log.length = Math.min(this.log.length, event.fromIndex - 1)
        return
      case 'SnapshotInstalled':
        if (!event.logKept) this.log = (this.durableSnapshot?.prefix ?? []).slice(0, event.lastIncludedIndex)
        this.commitIndex = Math.max(this.commitIndex, event.lastIncludedIndex)
        this.lastApplied = event.lastIncludedIndex
        return
      case 'CommitAdvanced':
        this.commitIndex = event.commitIndex
        return
      case 'AppliedAdvanced':
        this.lastApplied = event.lastApplied
        return
      default:
        return
    }
  }
}

/** True when `node` leads, and this is its own entry: not one that comes back, nor that of a snapshot. */
export function appendedBy(node: NodeView, event: NodeEvent): EventOf<'MembershipChanged'> | undefined {
  const isOwn =
    event.type === 'MembershipChanged' && node.role === 'leader' && event.index === node.log.length
  return isOwn ? event : undefined
}

/** False: the configuration knows that member with another storage. */
export function isThisMember(
  { id, incarnation }: Pick<NodeView, 'id' | 'incarnation'>,
  { members }: KnownConfiguration,
): boolean {
  const known = members?.find((member) => member.id === id)?.incarnation
  return known === undefined || known === incarnation
}

function pushTerms(log: Term[], firstIndex: LogIndex, lastIndex: LogIndex, term: Term): void {
  for (let index = firstIndex; index <= lastIndex; index++) log[index - 1] = term
}

/** A log that lacks the snapshot's last entry is dropped: the snapshot stands in its place. */
export function logWith(log: readonly Term[], snapshot: SnapshotView | undefined): readonly Term[] {
  if (snapshot === undefined) return log
  const { index, term } = snapshot.metadata
  return log[index - 1] === term ? log : snapshot.prefix
}

/** What `batch` makes of a log's terms. `snapshot`: the newest one, which goes at least as far as the log restarts behind. */
export function applyBatch(
  log: Term[],
  { truncateFrom, restartBehind, blocks }: WriteBatch,
  snapshot: SnapshotView | undefined,
): void {
  if (restartBehind !== undefined)
    log.splice(0, log.length, ...(snapshot?.prefix ?? []).slice(0, restartBehind.index))
  else if (truncateFrom !== undefined) log.length = Math.min(log.length, truncateFrom - 1)
  for (const { block, firstIndex } of blocks) pushTerms(log, firstIndex, block.lastIndex, block.term)
}

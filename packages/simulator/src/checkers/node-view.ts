// What the checkers know of one server: its memory as its events tell it, its disk as its storage's answers tell it.
import type { HardState, LogIndex, NodeEvent, NodeId, StoredState, Term, WriteBatch } from '@riverraft/core'

export type ViewRole = 'down' | 'follower' | 'pre-candidate' | 'candidate' | 'leader'

export class NodeView {
  readonly id: NodeId
  role: ViewRole = 'down'
  term: Term = 0
  commitIndex: LogIndex = 0
  lastApplied: LogIndex = 0
  /** The term of each entry of the log in memory: position 0 is index 1. */
  log: Term[] = []
  /** The same of what is durable, and the hard state with it. */
  durableLog: Term[] = []
  durableHardState: HardState = { currentTerm: 0, votedFor: undefined }
  /** Under way: it may be on the disk or not. */
  writing: WriteBatch | undefined
  /** The storage of this process has failed: nothing may leave it any more. */
  storageFailed = false
  /** Its disk was replaced by an empty one. */
  wiped = false

  constructor(id: NodeId) {
    this.id = id
  }

  termAt(index: LogIndex): Term {
    return index === 0 ? 0 : (this.log[index - 1] ?? 0)
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

  opened(stored: StoredState): void {
    this.writing = undefined
    this.durableHardState = stored.hardState
    this.durableLog = []
    for (const run of stored.runs) pushTerms(this.durableLog, run.firstIndex, run.lastIndex, run.term)
    this.log = [...this.durableLog]
    this.term = stored.hardState.currentTerm
    this.role = 'follower'
  }

  durable(batch: WriteBatch): void {
    this.writing = undefined
    if (batch.hardState !== undefined) this.durableHardState = batch.hardState
    applyBatch(this.durableLog, batch)
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

function pushTerms(log: Term[], firstIndex: LogIndex, lastIndex: LogIndex, term: Term): void {
  for (let index = firstIndex; index <= lastIndex; index++) log[index - 1] = term
}

/** What `batch` makes of a log's terms. */
export function applyBatch(log: Term[], { truncateFrom, blocks }: WriteBatch): void {
  if (truncateFrom !== undefined) log.length = Math.min(log.length, truncateFrom - 1)
  for (const { block, firstIndex } of blocks) pushTerms(log, firstIndex, block.lastIndex, block.term)
}

// What the checkers remember of a whole run, across crashes: nobody inside the cluster can see or forget it.
import type { LogIndex, NodeId, Term } from '../../src/consensus/index.js'
import type { Entry } from './entry.js'
import type { Server } from './server.js'

export class History {
  readonly servers: ReadonlyMap<NodeId, Server>
  readonly leaders = new Map<Term, NodeId>()
  /** Each leader's log of its term, as it was after its last step. */
  readonly leaderLogs = new Map<Term, Entry[]>()
  /** Who got whose vote: `voter term` to candidate. */
  readonly votes = new Map<string, NodeId>()
  /** The one entry of an index and term, and its one predecessor. */
  readonly entries = new Map<string, { entry: Entry; previous: Entry | undefined }>()
  /** Committed entries from index 1, each with the term of the server that first committed it. */
  readonly committed: { entry: Entry; inTerm: Term }[] = []
  readonly rounds = new Set<string>()
  /** Reads asked for: how much was committed by then. */
  readonly reads = new Map<number, LogIndex>()
  /** What each running server had reached after its last step. */
  readonly reached = new Map<NodeId, { term: Term; commitIndex: LogIndex; lastApplied: LogIndex }>()

  /** It has another disk, and is another server. */
  forget(id: NodeId): void {
    this.reached.delete(id)
    for (const vote of this.votes.keys()) if (vote.startsWith(`${id} `)) this.votes.delete(vote)
  }

  constructor(servers: ReadonlyMap<NodeId, Server>) {
    this.servers = servers
  }
}

// Raft without time and messages: elections, replication and commitment as the paper's figures draw them, logs as terms alone.
import type { NodeId } from '../../../src/consensus/types.js'
import type { LogRun, RecoveryReport } from '../../../src/node/lost-quorum/report.js'

interface Server {
  readonly id: NodeId
  currentTerm: number
  /** Leads in its current term. */
  leads: boolean
  /** The term of each entry; the first one has index 1. */
  log: number[]
  /** Up to this index it knows that all is committed. */
  known: number
  snapshotIndex: number
}

/** Logs part most where each leader appends little. */
const APPENDED = [0, 1, 1, 1, 1, 2]

/** The servers of one history, which is all chance. */
export class Ballot {
  readonly servers: readonly Server[]
  /** By index - 1: the entry's term, and in which term it was committed. */
  readonly committed: { readonly term: number; readonly in: number }[] = []
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
    this.servers = [...'ABCDE'].map((id) => ({
      ...{ id, currentTerm: 0, leads: false, log: [], known: 0, snapshotIndex: 0 },
    }))
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  /** Somebody campaigns. Whoever wins gets so far with its log, or less far; often with nobody but itself, as in Figure 8. */
  round(): void {
    const leader = this.servers[this.below(5)]!
    this.#elect(leader)
    if (!leader.leads) return
    for (let more = APPENDED[this.below(6)]!; more > 0; more--) leader.log.push(leader.currentTerm)
    for (const to of this.servers) if (this.below(5) < 2) this.#replicate(leader, to)
    this.#commit(leader)
    for (const to of this.servers) if (this.below(4) === 0) this.#replicate(leader, to)
    for (const server of this.servers)
      if (this.below(3) === 0)
        server.snapshotIndex = Math.max(server.snapshotIndex, this.below(server.known + 1))
  }

  /** "the RPC includes information about the candidate's log, and the voter denies its vote if its own log is more up-to-date" */
  #elect(candidate: Server): void {
    // It has campaigned until it was heard.
    const term = 1 + Math.max(...this.servers.map(({ currentTerm }) => currentTerm))
    const voters = this.servers.filter(
      (voter) => voter === candidate || (this.below(4) > 0 && !isAhead(voter, candidate)),
    )
    for (const voter of voters) Object.assign(voter, { currentTerm: term, leads: false })
    candidate.leads = voters.length >= 3
  }

  /**
   * All up to some entry: "If an existing entry conflicts with a new one [...], delete the existing entry and all that follow
   * it".
   */
  #replicate(leader: Server, to: Server): void {
    if (to === leader || to.currentTerm > leader.currentTerm) return
    Object.assign(to, { currentTerm: leader.currentTerm, leads: false })
    const sent = leader.log.slice(0, leader.log.length - this.below(3))
    if (sent.some((term, i) => to.log[i] !== term)) to.log = sent
    to.known = Math.max(to.known, Math.min(leader.known, sent.length))
  }

  /** "Only log entries from the leader's current term are committed by counting replicas" */
  #commit(leader: Server): void {
    const { log, currentTerm } = leader
    const has = (server: Server, i: number): boolean => server.log[i] === currentTerm
    const last = log.findLastIndex(
      (term, i) => term === currentTerm && this.servers.filter((server) => has(server, i)).length >= 3,
    )
    for (let i = this.committed.length; i <= last; i++)
      this.committed.push({ term: log[i]!, in: currentTerm })
    leader.known = Math.max(leader.known, last + 1)
  }

  /** What its storage tells, with or without what the snapshot has replaced. */
  report({ id, currentTerm, log, snapshotIndex }: Server): RecoveryReport {
    const from = snapshotIndex > 0 && this.below(2) === 0 ? this.below(snapshotIndex + 1) : 0
    const runs: LogRun[] = []
    for (const [i, term] of log.entries()) {
      if (i < from) continue
      const last = runs.at(-1)
      if (last?.term === term) runs[runs.length - 1] = { ...last, lastIndex: i + 1 }
      else runs.push({ firstIndex: i + 1, lastIndex: i + 1, term })
    }
    return {
      ...{ id, clusterId: 'words', incarnation: '', generation: 0, members: [], membersIndex: 0 },
      ...{ committedMembers: [], joint: false, currentTerm, lastTerm: log.at(-1) ?? 0 },
      ...{ firstIndex: from + 1, lastIndex: log.length, runs, refusal: undefined, risks: [] },
      ...{ snapshotIndex, snapshotTerm: log[snapshotIndex - 1] ?? 0 },
    }
  }
}

function isAhead({ log: a }: Server, { log: b }: Server): boolean {
  const [aTerm, bTerm] = [a.at(-1) ?? 0, b.at(-1) ?? 0]
  return aTerm === bTerm ? a.length > b.length : aTerm > bTerm
}

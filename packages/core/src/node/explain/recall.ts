// The last things that happened, kept for `explain` whether anybody listens or not: bounded, a few words each.

import type { ConsensusEvent, VoteRefusal } from '../../consensus/events.js'
import type { NodeId, Term } from '../../consensus/types.js'
import { MEMBERS_MAX } from '../../wire/limits.js'
import type { RuntimeEvent } from '../types.js'

/** Refusals remembered, of votes given and asked for. */
const REFUSALS_MAX = 8
/** Links remembered that are down: those of all members, and as many others. */
const DOWN_MAX = 2 * MEMBERS_MAX

export interface RecalledRefusal {
  readonly at: number
  readonly term: Term
  readonly voter: NodeId
  readonly candidate: NodeId
  /** Only the voter knows. */
  readonly reason: VoteRefusal | undefined
}

export interface RecalledLink {
  /** Since when it is down, or when it was refused. */
  readonly at: number
  readonly why: string
}

export class Recall {
  readonly #id: NodeId
  readonly #now: () => number
  readonly startedAt: number
  /** Since when no leader is known; undefined while one is. */
  leaderlessSince: number | undefined
  readonly refusals: RecalledRefusal[] = []
  /** Why there is no link, by peer; nothing is known of those that never had one. */
  readonly down: Map<NodeId, RecalledLink> = new Map()

  constructor(id: NodeId, now: () => number) {
    this.#id = id
    this.#now = now
    this.startedAt = now()
    this.leaderlessSince = this.startedAt
  }

  note(event: ConsensusEvent | RuntimeEvent): void {
    switch (event.type) {
      case 'VoteRefused':
        return this.#refused(event.term, this.#id, event.candidate, event.reason)
      case 'VoteReceived':
        if (!event.voteGranted) this.#refused(event.term, event.voter, this.#id, undefined)
        return
      case 'BecameLeader':
      case 'LeaderRecognized':
        this.leaderlessSince = undefined
        return
      case 'TermAdvanced':
      case 'BecameFollower':
      case 'BecamePreCandidate':
        this.leaderlessSince ??= this.#now()
        return
      case 'LinkUp':
        this.down.delete(event.peer)
        return
      case 'LinkDown':
        return this.#isDown(event.peer, event.reason)
      case 'HelloRefused': {
        const why = event.by === this.#id ? 'this node refused it' : 'it refused this node'
        return this.#isDown(event.peer, `${why} (${event.refusal})`)
      }
      default:
    }
  }

  /** The latest last. Anybody may say hello, under any name: what is remembered of them must not fill the memory. */
  #isDown(peer: NodeId, why: string): void {
    this.down.delete(peer)
    this.down.set(peer, { at: this.#now(), why })
    for (const oldest of this.down.keys()) {
      if (this.down.size <= DOWN_MAX) break
      this.down.delete(oldest)
    }
  }

  #refused(term: Term, voter: NodeId, candidate: NodeId, reason: VoteRefusal | undefined): void {
    this.refusals.push({ at: this.#now(), term, voter, candidate, reason })
    if (this.refusals.length > REFUSALS_MAX) this.refusals.shift()
  }
}

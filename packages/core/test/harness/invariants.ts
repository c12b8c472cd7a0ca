// The whole-log invariants, checked after every step and at everything that leaves. Numbers are those of Raft Figure 3
// where it has one; `history` is the checkers' own memory.
import { durableBeforeSent } from './durable-before-sent.js'
import { type Invariant, must } from './invariant.js'
import {
  commitRule,
  committedForEver,
  leaderAppendOnly,
  leaderCompleteness,
  logMatching,
} from './log-invariants.js'
import {
  configurationInForce,
  oneChangeAtATime,
  removalIsCommitted,
  snapshotConfiguration,
  whoVotes,
} from './membership-invariants.js'

const electionSafety: Invariant = {
  title: 'Election Safety: at most one leader can be elected in a given term',
  stepped({ history, server, result }) {
    for (const event of result.events) {
      if (event.type !== 'BecameLeader') continue
      const known = history.leaders.get(event.term)
      must(known === undefined, `${known} and ${server.id} both lead term ${event.term}`)
      history.leaders.set(event.term, server.id)
    }
  },
}

const oneVotePerTerm: Invariant = {
  title: 'one vote per term, also across restarts',
  left(history, { from, to, message }) {
    const granted = message.type === 'RequestVoteReply' && message.voteGranted
    if (!granted && message.type !== 'RequestVote') return
    const candidate = granted ? to : from
    const vote = `${from} ${message.term}`
    const earlier = history.votes.get(vote) ?? candidate
    must(earlier === candidate, `${from} votes for ${earlier} and ${candidate} in term ${message.term}`)
    history.votes.set(vote, candidate)
  },
}

const order: Invariant = {
  title: 'snapshot <= lastApplied <= commitIndex <= lastIndex; term, commit and applied do not go back',
  stepped({ history, server: { id, state, entries, disk }, input }) {
    const now = { term: state.currentTerm, commitIndex: state.commitIndex, lastApplied: state.lastApplied }
    const was = input.type === 'Recover' ? undefined : history.reached.get(id)
    must(state.snapshot.lastIncludedIndex <= now.lastApplied, `${id} has a snapshot of what is not applied`)
    must(now.lastApplied <= now.commitIndex, `${id} applied ${now.lastApplied} of ${now.commitIndex}`)
    must(now.commitIndex <= state.log.lastIndex, `${id} commits beyond its log`)
    must(
      state.log.lastIndex === entries.length,
      `${id} has runs to ${state.log.lastIndex}, entries to ${entries.length}`,
    )
    must(now.term >= disk.hardState.currentTerm, `${id} is behind its disk's term`)
    if (was !== undefined) {
      must(now.term >= was.term, `${id} went back from term ${was.term} to ${now.term}`)
      must(now.commitIndex >= was.commitIndex, `${id} took back a commit`)
      must(now.lastApplied >= was.lastApplied, `${id} took back an apply`)
    }
    history.reached.set(id, now)
  },
}

const linearizableReads: Invariant = {
  title:
    'a read sees all that was committed when it began; a round is never reused; none before the first commit',
  stepped({ history, server, input, result }) {
    if (input.type === 'RequestRead') history.reads.set(input.readId, history.committed.length)
    for (const event of result.events) {
      if (event.type !== 'ReadRoundStarted') continue
      const { currentTerm, commitIndex, log } = server.state
      const round = `${currentTerm} ${event.round}`
      must(!history.rounds.has(round), `round ${event.round} of term ${currentTerm} is begun twice`)
      must(log.termAt(commitIndex) === currentTerm, `${server.id} reads before it committed in its term`)
      history.rounds.add(round)
    }
    for (const effect of result.effects) {
      if (effect.type !== 'AnswerReads') continue
      for (const readId of effect.readIds) {
        const floor = history.reads.get(readId) ?? 0
        must(effect.readIndex >= floor, `read ${readId} began at ${floor} and was told ${effect.readIndex}`)
      }
    }
  },
}

export const INVARIANTS: readonly Invariant[] = [
  electionSafety,
  oneVotePerTerm,
  durableBeforeSent,
  leaderAppendOnly,
  logMatching,
  commitRule,
  committedForEver,
  leaderCompleteness,
  order,
  linearizableReads,
  configurationInForce,
  oneChangeAtATime,
  whoVotes,
  snapshotConfiguration,
  removalIsCommitted,
]

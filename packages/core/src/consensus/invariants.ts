// What holds after every step, whatever arrived. Cheap enough to be checked always; the whole-log ones live in tests.
import { configurationInForce, isMember } from './configuration.js'
import { invariant } from './invariant-violation.js'
import { peersOf, type State } from './state.js'
import type { Configuration, LogIndex, NodeId, Term } from './types.js'

/** What must not go back or change, taken before a step. */
export interface Before {
  readonly currentTerm: Term
  readonly votedFor: NodeId | undefined
  readonly commitIndex: LogIndex
  readonly lastApplied: LogIndex
  readonly configuration: Configuration
  readonly leads: boolean
  readonly lastIncludedIndex: LogIndex
}

export function before(state: State): Before {
  const { currentTerm, votedFor, commitIndex, lastApplied, configuration } = state
  const leads = state.role.role === 'leader'
  const { lastIncludedIndex } = state.snapshot
  return { currentTerm, votedFor, commitIndex, lastApplied, configuration, leads, lastIncludedIndex }
}

/** @throws InvariantViolation */
export function checkInvariants(was: Before, state: State): void {
  const { log, writes, snapshot } = state
  invariant(state.currentTerm >= was.currentTerm, 'currentTerm never goes back')
  invariant(state.commitIndex >= was.commitIndex, 'commitIndex never goes back')
  invariant(state.lastApplied >= was.lastApplied, 'lastApplied never goes back')
  invariant(
    state.currentTerm !== was.currentTerm || was.votedFor === undefined || state.votedFor === was.votedFor,
    'a vote is given once in a term',
  )
  invariant(snapshot.lastIncludedIndex >= was.lastIncludedIndex, 'the newest snapshot never goes back')
  invariant(snapshot.lastIncludedIndex <= state.lastApplied, 'a snapshot covers only what is applied')
  invariant(
    log.baseIndex <= snapshot.lastIncludedIndex,
    'the log begins right behind the snapshot or before it',
  )
  invariant(state.lastApplied <= state.commitIndex, 'only committed entries are applied')
  invariant(state.commitIndex <= log.lastIndex, 'only entries of the log are committed')
  invariant(log.lastTerm <= state.currentTerm, 'the log holds no term above currentTerm')
  invariant(writes.durableIndex <= log.lastIndex, 'what is durable is part of the log')
  invariant(writes.persisted <= writes.started, 'only started writes complete')
  if (state.role.role === 'leader') {
    invariant(state.role.readRoundCount <= state.role.reads.length, 'a read round answers reads that wait')
    invariant(log.lastTerm === state.currentTerm, 'a leader ends its log with an entry of its own term')
  }
  if (state.configuration !== was.configuration || (state.role.role === 'leader') !== was.leads)
    checkMembership(state)
}

/** Looked at only when a configuration or a leader is new: it takes as long as there are members. */
function checkMembership(state: State): void {
  const { log, role } = state
  const { index, configuration } = configurationInForce(state)
  invariant(configuration === state.configuration, 'the newest configuration of the log is in force')
  invariant(index <= log.lastIndex, 'the configuration in force is part of the log')
  if (role.role !== 'leader') return
  for (const peer of peersOf(state)) invariant(role.followers.has(peer), 'a leader sends to every member')
  for (const [id, { leaving }] of role.followers)
    invariant(
      isMember(configuration, id) === (leaving === undefined),
      'a leader sends to members, and to who leaves',
    )
}

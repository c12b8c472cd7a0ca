// What must have been reached of membership changes (Raft §6): each act, each way to be interrupted, each outcome.

const ACTS = [
  'add-voter',
  'add-learner',
  'promote',
  'demote',
  'remove',
  'remove-leader',
  'replace',
  'replace-lost',
  'move',
  'stale-change',
  'restart-removed',
  'come-back',
] as const

const MET_BY = [
  'leader dies at a call',
  'leader dies',
  'somebody dies at a call',
  'isolate-leader',
  'partition-two-sided',
  'transfer',
  'take-snapshot',
  'pause-leader',
] as const

const REACHED = [
  'changed by one entry',
  'joint begun',
  'joint left',
  'joint left by a successor',
  'joint interrupted before C_old,new is committed: crash',
  'joint interrupted before C_old,new is committed: step down',
  'joint interrupted before C_new is on any disk',
  'joint interrupted before C_new is committed: crash',
  'joint interrupted before C_new is committed: step down',
  'a change was truncated',
  'a leader removes itself',
  'learner added',
  'learner promoted',
  'voter demoted',
  'member removed',
  'replaced',
  'wiped server removed',
  'wiped server replaced by a new member',
  'a removed server came back under its old id',
  'machine switched off',
  'snapshot sent across a change',
  'snapshot installed at a learner',
  'snapshot of a joint configuration',
] as const

const ANSWERS = [
  'ok',
  'ERR_NOT_LEADER',
  'ERR_MEMBERSHIP_CHANGED',
  'ERR_MEMBERSHIP_REFUSED',
  'ERR_OUTCOME_UNKNOWN',
  'ERR_TIMEOUT',
  'ERR_STOPPED',
  'process died',
] as const

export const MEMBERSHIP_ROWS: readonly string[] = [
  ...ACTS.map((act) => `nemesis: ${act}`),
  ...MET_BY.map((way) => `membership: change met by: ${way}`),
  ...REACHED.map((what) => `membership: ${what}`),
  ...ANSWERS.map((code) => `change of members: ${code}`),
  'network: dialled at a new address',
  'MembershipChanged',
  'RemovalCommitted',
  'FollowerLeft',
  'CatchUpProgress',
  'BecameFollower: removed',
  'stopped: ERR_REMOVED',
  'hello refused: unknown-member',
  'propose at a learner: ok',
  'read at a learner: ok',
  'lease read at a learner: ok',
]

// What must have been reached of membership changes (Raft §6): each act, each way to be interrupted, each outcome.
import { WAYS } from '../cluster/interrupt.js'
import { CHURN } from '../cluster/plan.js'

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
  'wiped while its incarnation is committed',
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
  ...CHURN.map((act) => `nemesis: ${act}`),
  ...WAYS.filter((way) => way !== 'nothing').map((way) => `membership: change met by: ${way}`),
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
  'recovery: done',
  'recovery: killed',
  'recovery: killed, and done all the same',
  'stopped: ERR_CLUSTER_RECOVERED',
  'hello refused: earlier-generation',
  'propose at a learner: ok',
  'read at a learner: ok',
  'lease read at a learner: ok',
]

// The collection. A feature brings its bugs along: see README.md.
import type { Mutant } from '../mutant.js'
import { COMMITMENT_MUTANTS } from './commitment.js'
import { DURABILITY_MUTANTS } from './durability.js'
import { ELECTION_MUTANTS } from './elections.js'
import { FILE_MUTANTS } from './files.js'
import { FLOW_MUTANTS } from './flow.js'
import { GENERATION_MUTANTS } from './generations.js'
import { JOINT_MAJORITY_MUTANTS } from './joint-majorities.js'
import { LEASE_MUTANTS } from './leases.js'
import { MEMBERSHIP_MUTANTS } from './membership.js'
import { PROPOSAL_MUTANTS } from './proposals.js'
import { READ_MUTANTS } from './reads.js'
import { REPLICATION_MUTANTS } from './replication.js'
import { SESSION_MUTANTS } from './sessions.js'
import { SNAPSHOT_TRANSFER_MUTANTS } from './snapshot-transfers.js'
import { SNAPSHOT_MUTANTS } from './snapshots.js'
import { STEADY_LEADER_MUTANTS } from './steady-leaders.js'
import { TIMER_MUTANTS } from './timers.js'

export const MUTANTS: readonly Mutant[] = [
  ...ELECTION_MUTANTS,
  ...TIMER_MUTANTS,
  ...STEADY_LEADER_MUTANTS,
  ...LEASE_MUTANTS,
  ...REPLICATION_MUTANTS,
  ...COMMITMENT_MUTANTS,
  ...DURABILITY_MUTANTS,
  ...READ_MUTANTS,
  ...PROPOSAL_MUTANTS,
  ...SESSION_MUTANTS,
  ...FILE_MUTANTS,
  ...FLOW_MUTANTS,
  ...SNAPSHOT_MUTANTS,
  ...SNAPSHOT_TRANSFER_MUTANTS,
  ...JOINT_MAJORITY_MUTANTS,
  ...MEMBERSHIP_MUTANTS,
  ...GENERATION_MUTANTS,
]

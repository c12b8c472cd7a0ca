// One call of changeMembership, from the call to its answer, and what it should come to.
import type { LogIndex, Membership, MembershipChange, NodeId } from '@riverraft/core'
import { type KnownConfiguration, sameIds } from './configurations.js'
import type { NodeView } from './node-view.js'

/** Who is to vote and who is to learn. */
export interface Roles {
  readonly voters: readonly NodeId[]
  readonly learners: readonly NodeId[]
}

export interface ChangeCall {
  /** The server that was asked. */
  readonly node: NodeView
  readonly change: MembershipChange
  /** One after the other: new voters are learners first. Of what was in force when it was asked. */
  readonly targets: readonly Roles[]
  /** How much was committed, by anybody, when it was asked. */
  readonly floor: LogIndex
  /** Something of it has been appended. */
  appended: boolean
  open: boolean
  /** The error code, 'ok', or that its process died. */
  code: string | undefined
  membership: Membership | undefined
}

/** What `change` makes of the members in force; a voter on its way out is none any more. */
export function targetsOf({ voters, learners }: Roles, change: MembershipChange): Roles[] {
  const { add = [], promote = [], demote = [], remove = [] } = change
  const known = new Set([...voters, ...learners])
  const added = add.filter(({ id }) => !known.has(id))
  const newVoters = added.filter(({ role }) => role === 'voter').map(({ id }) => id)
  const newLearners = added.filter(({ role }) => role === 'learner').map(({ id }) => id)
  const isNamed = (id: NodeId): boolean => [...promote, ...demote, ...remove].includes(id)
  const final = {
    voters: [...voters.filter((id) => !isNamed(id)), ...promote, ...newVoters],
    learners: [...learners.filter((id) => !isNamed(id)), ...demote, ...newLearners],
  }
  if (newVoters.length === 0) return [final]
  return [{ voters, learners: [...learners, ...added.map(({ id }) => id)] }, final]
}

/** True when `configuration` is what this target becomes, joint or already left. */
export function isTarget({ voters, learners }: Roles, configuration: KnownConfiguration): boolean {
  return sameIds(voters, configuration.voters) && sameIds(learners, configuration.learners)
}

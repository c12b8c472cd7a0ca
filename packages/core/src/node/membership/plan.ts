// What a change of the members comes to: who is to be what, and in how many steps.
import { sameVoters } from '../../consensus/configuration.js'
import type { NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { Member } from '../../ports/transport.js'
import { utf8 } from '../../wire/bytes.js'
import { ADDRESS_BYTES_MAX, ID_BYTES_MAX, MEMBERS_MAX } from '../../wire/limits.js'
import type { MembershipChange } from './types.js'

/** The members as they are to be, every one a voter or a learner. */
export type Target = ReadonlyMap<NodeId, Member>

/**
 * One configuration after the other. New voters are learners first (thesis §4.2.1): what they lack would else delay
 * every commit.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function planChange(members: readonly Member[], change: MembershipChange): Target[] {
  const now = new Map(members.map((member) => [member.id, member]))
  const final = new Map(now)
  const { add = [], promote = [], demote = [], remove = [] } = change
  const named = new Set<NodeId>()
  const name = (id: NodeId): Member | undefined => {
    if (named.has(id)) throw invalid(`${id} is named twice`)
    named.add(id)
    return now.get(id)
  }
  const asLearners = new Map(now)
  for (const member of add) {
    const { id, address, role } = checkMember(member)
    const present = name(id)
    if (present !== undefined && present.role !== role)
      throw invalid(`${id} is a member already; promote or demote it to make it a ${role}`)
    const added = { ...present, id, address, role }
    final.set(id, added)
    if (present === undefined) asLearners.set(id, { ...added, role: 'learner' })
  }
  for (const id of promote) final.set(id, inRole(name(id), id, 'learner', 'voter'))
  for (const id of demote) final.set(id, inRole(name(id), id, 'voter', 'learner'))
  for (const id of remove) {
    if (name(id) === undefined) throw invalid(`${id} is no member`)
    final.delete(id)
  }
  if (named.size === 0) throw invalid('nothing to change')
  if (![...final.values()].some(({ role }) => role === 'voter')) throw invalid('somebody must be a voter')
  const newVoters = add.some(({ id, role }) => role === 'voter' && !now.has(id))
  // On the way there, learners that become voters stand beside those that leave, and a joint configuration has both.
  const atOnce = sameVoters(votersOf(now), votersOf(final)) ? final : new Map([...now, ...final])
  if (atOnce.size > MEMBERS_MAX)
    throw invalid(`at most ${MEMBERS_MAX} members, with voters also those that leave`)
  return newVoters ? [asLearners, final] : [final]
}

function votersOf(members: Target): NodeId[] {
  return [...members.values()].filter(({ role }) => role === 'voter').map(({ id }) => id)
}

function checkMember(member: Member): Member {
  const { id, address, role } = member
  if (typeof id !== 'string' || id === '' || utf8(id).length > ID_BYTES_MAX)
    throw invalid(`a member's id is 1 to ${ID_BYTES_MAX} bytes`)
  if (typeof address !== 'string' || utf8(address).length > ADDRESS_BYTES_MAX)
    throw invalid(`the address of ${id} is at most ${ADDRESS_BYTES_MAX} bytes`)
  if (role !== 'voter' && role !== 'learner')
    throw invalid(`${id} is added as a voter or a learner, not ${role}`)
  return member
}

function inRole(member: Member | undefined, id: NodeId, is: Member['role'], becomes: Member['role']): Member {
  if (member?.role !== is) throw invalid(`${id} is no ${is}`)
  return { ...member, role: becomes }
}

function invalid(message: string): RaftError {
  return new RaftError('ERR_INVALID_OPTION', message)
}

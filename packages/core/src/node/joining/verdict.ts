// What a leader makes of a node that asks for a role: a reply, a change of the members, or patience.
import type { NodeId } from '../../consensus/types.js'
import type { Member } from '../../ports/transport.js'
import type { Incarnation } from '../../wire/hello.js'
import type { JoinRefusal } from '../../wire/join.js'
import type { JoinReply, JoinRequest } from '../../wire/join-content.js'
import { MEMBERS_MAX } from '../../wire/limits.js'

export type Asked = Extract<JoinRequest, { readonly incarnation: Incarnation }>

/** 'patience': it has not caught up. A change says what `id` is to be; undefined: no member. */
export type Verdict =
  | { readonly type: 'reply'; readonly reply: JoinReply }
  | { readonly type: 'change'; readonly member: Member | undefined }
  | { readonly type: 'patience' }

/** What there is to know of who asks. */
export interface Standing {
  readonly id: NodeId
  readonly asked: Asked
  /** Under this id, as of the configuration in force, which is committed; `index` is where it stands. */
  readonly member: Member | undefined
  readonly index: number
  readonly count: number
  /** Met under this id, if any was. */
  readonly incarnation: Incarnation | undefined
  readonly isCaughtUp: boolean
}

export function judge(standing: Standing): Verdict {
  const { id, asked, member, index, count, isCaughtUp } = standing
  const known = member?.incarnation ?? standing.incarnation
  if (member !== undefined && known !== undefined && known !== asked.incarnation)
    return refuse('id-taken', idTaken(id))
  if (asked.type === 'withdraw')
    return member?.role === 'learner' ? { type: 'change', member: undefined } : later(`${id} is no learner`)
  const { address, incarnation, role } = asked
  if (member === undefined) {
    if (count >= MEMBERS_MAX) return refuse('cluster-full', `it has ${count} members, the most there can be`)
    return { type: 'change', member: { id, address, role: 'learner', incarnation } }
  }
  if (member.address !== address) return { type: 'change', member: { ...member, address, incarnation } }
  if (member.role === 'voter') return { type: 'reply', reply: { type: 'entered', role: 'voter', index } }
  if (role === 'learner') return { type: 'reply', reply: { type: 'entered', role: 'learner', index } }
  if (!isCaughtUp) return { type: 'patience' }
  return { type: 'change', member: { ...member, incarnation, role: 'voter' } }
}

/** A wiped node, usually: what it promised under this id is forgotten, so that it must not be believed again. */
export function idTaken(id: NodeId): string {
  return `${id} is a member with another storage. If that one is lost, join under a new id, and have the old one removed`
}

export function refuse(refusal: JoinRefusal, why: string): Verdict & { type: 'reply' } {
  return { type: 'reply', reply: { type: 'refused', refusal, why } }
}

function later(why: string): Verdict {
  return { type: 'reply', reply: { type: 'later', why } }
}

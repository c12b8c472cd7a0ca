// A list of members among the fields of a structure.
import type { Member } from '@riverraft/core'
import type { FieldReader, FieldWriter } from './bytes.js'

/** The numbers of the roles on disk. */
const ROLES: readonly Member['role'][] = ['voter', 'learner', 'leaving']
/** Beside the role's number: a voter of the configuration before, while joint; an incarnation follows. */
const OUTGOING = 16
const HAS_INCARNATION = 32
const ROLE_MASK = 15

export function writeMembers(fields: FieldWriter, members: readonly Member[]): FieldWriter {
  fields.u32(members.length)
  for (const { id, address, role, outgoing, incarnation } of members) {
    const flags = (outgoing ? OUTGOING : 0) | (incarnation === undefined ? 0 : HAS_INCARNATION)
    fields
      .text(id)
      .text(address)
      .u8(ROLES.indexOf(role) | flags)
    if (incarnation !== undefined) fields.text(incarnation)
  }
  return fields
}

export function readMembers(fields: FieldReader): Member[] {
  const members: Member[] = []
  for (let left = fields.u32(); left > 0; left--) {
    const [id, address] = [fields.text(), fields.text()]
    const flags = fields.u8()
    const role = ROLES[flags & ROLE_MASK]
    if (role === undefined) throw new Error(`unknown role of member ${id}`)
    members.push({
      id,
      address,
      role,
      ...((flags & OUTGOING) === 0 ? {} : { outgoing: true as const }),
      ...((flags & HAS_INCARNATION) === 0 ? {} : { incarnation: fields.text() }),
    })
  }
  return members
}

// A list of members among the fields of a structure.
import type { Member } from '@riverraft/core'
import type { FieldReader, FieldWriter } from './bytes.js'

/** The numbers of the roles on disk. */
const ROLES: readonly Member['role'][] = ['voter']

export function writeMembers(fields: FieldWriter, members: readonly Member[]): FieldWriter {
  fields.u32(members.length)
  for (const { id, address, role } of members) fields.text(id).text(address).u8(ROLES.indexOf(role))
  return fields
}

export function readMembers(fields: FieldReader): Member[] {
  const members: Member[] = []
  for (let left = fields.u32(); left > 0; left--) {
    const [id, address] = [fields.text(), fields.text()]
    const role = ROLES[fields.u8()]
    if (role === undefined) throw new Error(`unknown role of member ${id}`)
    members.push({ id, address, role })
  }
  return members
}

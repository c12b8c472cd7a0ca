// The payload of a membership entry (Raft §6): the members of the configuration that is in force from this entry on.
//
//   0  u16  how many; then for each of them
//      text id, text address
//      u8   role: 1 voter, 2 learner, 3 leaving; + 16: voter of C_old, while joint; + 32: an incarnation follows
//      text incarnation
import type { Configuration } from '../consensus/types.js'
import type { Member, MemberRole } from '../ports/transport.js'
import { ByteReader, ByteWriter, decodeError } from './bytes.js'
import { INCARNATION_PATTERN } from './hello.js'
import { ADDRESS_BYTES_MAX, ID_BYTES_MAX, MEMBERS_MAX } from './limits.js'

const ROLES: readonly (MemberRole | undefined)[] = [undefined, 'voter', 'learner', 'leaving']
const ROLE_MASK = 15
const OUTGOING = 16
const HAS_INCARNATION = 32

export function encodeMembers(members: readonly Member[]): Uint8Array {
  const writer = new ByteWriter()
  writeMembers(writer, members)
  return writer.bytes().slice()
}

export function writeMembers(writer: ByteWriter, members: readonly Member[]): void {
  writer.u16(members.length)
  for (const { id, address, role, outgoing, incarnation } of members) {
    const flags = (outgoing ? OUTGOING : 0) | (incarnation === undefined ? 0 : HAS_INCARNATION)
    writer
      .text(id)
      .text(address)
      .u8(ROLES.indexOf(role) | flags)
    if (incarnation !== undefined) writer.text(incarnation)
  }
}

/**
 * Unknown trailing bytes are ignored.
 * @throws RaftError ERR_DECODE when this is no configuration that a leader could have written
 */
export function decodeMembers(payload: Uint8Array): Member[] {
  return readMembers(new ByteReader(payload))
}

/** @throws RaftError ERR_DECODE */
export function readMembers(reader: ByteReader): Member[] {
  const count = reader.u16()
  if (count === 0 || count > MEMBERS_MAX) throw decodeError(`${count} members`)
  const members: Member[] = []
  for (let i = 0; i < count; i++) members.push(readMember(reader))
  if (new Set(members.map(({ id }) => id)).size !== count) throw decodeError('a member is named twice')
  const { voters, outgoing } = configurationOf(members)
  if (voters.length === 0) throw decodeError('no voters')
  for (const { id, role } of members)
    if (role === 'leaving' && outgoing?.includes(id) !== true) throw decodeError(`${id} leaves nothing`)
  return members
}

function readMember(reader: ByteReader): Member {
  const [id, address] = [reader.text(ID_BYTES_MAX), reader.text(ADDRESS_BYTES_MAX)]
  const flags = reader.u8()
  const role = ROLES[flags & ROLE_MASK]
  if (id === '' || role === undefined) throw decodeError(`a member's id or role (${flags}) is unknown`)
  const member: Member = { id, address, role, ...((flags & OUTGOING) === 0 ? {} : { outgoing: true }) }
  if ((flags & HAS_INCARNATION) === 0) return member
  const incarnation = reader.text(ID_BYTES_MAX)
  if (!INCARNATION_PATTERN.test(incarnation)) throw decodeError('incarnation is not 16 hexadecimal digits')
  return { ...member, incarnation }
}

/** What consensus knows of them. */
export function configurationOf(members: readonly Member[]): Configuration {
  const idsOf = (test: (member: Member) => boolean): string[] => members.filter(test).map(({ id }) => id)
  const voters = idsOf(({ role }) => role === 'voter')
  const learners = idsOf(({ role }) => role === 'learner')
  const outgoing = idsOf((member) => member.outgoing === true)
  return outgoing.length === 0 ? { voters, learners } : { voters, learners, outgoing }
}

// The hash of the initial members that hellos carry: two nodes started with different lists must notice.
import { crc32 } from '#crc32'
import type { Member } from '../ports/transport.js'
import { utf8 } from './bytes.js'

/** CRC-32 over what decides quorums: each member's id and role, in one canonical order. Addresses may differ. */
export function membersHash(members: readonly Member[]): number {
  const lines = members.map(({ id, role }) => JSON.stringify([id, role]))
  return crc32(utf8(lines.sort().join('\n')))
}

// The members as a table, for both prompts.

import { withoutPeerId } from '../addresses.js'
import type { DemoMember } from '../control/commands.js'
import { table } from './answers.js'

const HEADER = ['name', 'role', 'leads', 'log up to', 'incarnation', 'address', 'id']
/** Enough to tell two storages apart. */
const INCARNATION_LENGTH = 8

export interface MemberRow {
  readonly member: DemoMember
  readonly name: string
  readonly leads: boolean
  /** How far its log is known to have come; undefined: not known here. */
  readonly lastIndex: number | undefined
}

/** In the order of their names. */
export function membersTable(members: readonly MemberRow[]): readonly string[] {
  const rows = [...members].sort((a, b) => (a.name < b.name ? -1 : 1))
  return table([
    HEADER,
    ...rows.map(({ member: { id, role, address, incarnation }, name, leads, lastIndex }) => [
      name,
      role,
      leads ? 'yes' : '',
      lastIndex === undefined ? '?' : String(lastIndex),
      incarnation?.slice(0, INCARNATION_LENGTH) ?? '?',
      withoutPeerId(address),
      id === name ? '' : id,
    ]),
  ])
}

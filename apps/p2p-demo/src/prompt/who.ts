// Whom a person means: a name, an id, or the end of an id as it is shown.
import { RaftError } from '@riverraft/core'
import type { DemoMember } from '../control/commands.js'

/** Shorter ends say too little. */
const END_LENGTH_MIN = 4

/** @throws RaftError ERR_INVALID_OPTION when it is nobody, or more than one */
export function memberCalled(
  who: string,
  members: readonly DemoMember[],
  nameOf: (id: string) => string,
): DemoMember {
  const exact = members.find(({ id }) => id === who || nameOf(id) === who)
  if (exact !== undefined) return exact
  const end = who.replace(/^…/, '')
  const [found, another] = members.filter(({ id }) => end.length >= END_LENGTH_MIN && id.endsWith(end))
  if (found !== undefined && another === undefined) return found
  const known = members.map(({ id }) => nameOf(id)).join(', ')
  const trouble = found === undefined ? `there is no member "${who}"` : `"${who}" may be several members`
  throw new RaftError('ERR_INVALID_OPTION', `${trouble}; the members are ${known}`)
}

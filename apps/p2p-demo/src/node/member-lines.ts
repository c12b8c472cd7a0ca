// What a person asks of the members at the prompt of one node.
import { RaftError } from '@riverraft/core'
import type { StatusAnswer } from '../control/commands.js'
import type { Line } from '../prompt/parse.js'
import { memberCalled } from '../prompt/who.js'
import { describeAnswer } from '../ui/answers.js'
import { membersTable } from '../ui/members-table.js'
import type { Execute } from './node-prompt.js'
import { shortName } from './tell-event.js'

/** A new voter gets the whole log first. */
const CHANGE_TIMEOUT_MS = 60_000
const REQUEST_TIMEOUT_MS = 5_000

type Change = Extract<Line, { type: 'add' | 'change' | 'transfer' }>

export function memberRows(status: StatusAnswer): readonly string[] {
  const { id: self, members, leaderId, lastIndex, followers } = status
  const logEnd = (id: string) =>
    id === self ? lastIndex : followers.find((follower) => follower.id === id)?.matchIndex
  return membersTable(
    members.map((member) => {
      const { id } = member
      const incarnation = id === self ? status.incarnation : member.incarnation
      return {
        member: incarnation === undefined ? member : { ...member, incarnation },
        name: shortName(id) + (id === self ? ' (here)' : ''),
        leads: id === leaderId,
        lastIndex: logEnd(id),
      }
    }),
  )
}

/** Resolves with what came of it. @throws RaftError: see RaftNode's changeMembership and transferLeadership */
export async function changeAsLeader(line: Change, execute: Execute): Promise<string> {
  const status = await statusOf(execute)
  const called = (who: string) => memberCalled(who, status.members, shortName).id
  if (line.type === 'transfer') {
    const to = line.who === undefined ? null : called(line.who)
    if (to !== null && to === status.leaderId) return `${shortName(to)} leads already`
    checkLeads(status)
    const answer = await execute({ type: 'transfer', to }, REQUEST_TIMEOUT_MS)
    if (answer.type !== 'transfer') throw new Error(`a transfer was answered by ${answer.type}`)
    return `${shortName(answer.leader)} leads: ${describeAnswer(answer)}`
  }
  const change =
    line.type === 'add'
      ? { add: [{ id: line.who!, address: line.address!, role: 'voter' as const }] }
      : { [line.verb]: [called(line.who)] }
  checkLeads(status)
  const answer = await execute({ type: 'change', change }, CHANGE_TIMEOUT_MS)
  if (answer.type !== 'change') throw new Error(`a change was answered by ${answer.type}`)
  return describeAnswer(answer)
}

async function statusOf(execute: Execute): Promise<StatusAnswer> {
  const answer = await execute({ type: 'status' }, REQUEST_TIMEOUT_MS)
  if (answer.type !== 'status') throw new Error(`a status was answered by ${answer.type}`)
  return answer
}

/** Members are changed by the leader alone, and this prompt speaks for one node. */
function checkLeads({ role, leaderId, members }: StatusAnswer): void {
  if (role === 'leader') return
  if (leaderId === null) {
    throw new RaftError('ERR_NOT_LEADER', 'nothing was done: only the leader can, and nobody leads right now')
  }
  const address = members.find(({ id }) => id === leaderId)?.address
  throw new RaftError(
    'ERR_NOT_LEADER',
    `nothing was done: only the leader can. Type the same at ${shortName(leaderId)}${address === undefined ? '' : `, at ${address}`}`,
  )
}

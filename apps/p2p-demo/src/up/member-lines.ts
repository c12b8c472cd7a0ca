// What a person asks of the members at the prompt of `up`.
import { RaftError } from '@riverraft/core'
import type { DemoMember } from '../control/commands.js'
import { epochMs } from '../control/events.js'
import type { Line } from '../prompt/parse.js'
import { memberCalled } from '../prompt/who.js'
import { describeAnswer } from '../ui/answers.js'
import { membersTable } from '../ui/members-table.js'
import { addNode } from './add-node.js'
import type { DemoCluster } from './cluster.js'
import { askLeader, changeMembers, membersOf, removeMember, tellChange } from './members.js'
import { type Storyteller, within } from './steps.js'

const STATUS_TIMEOUT_MS = 5_000
/** An election takes much less. */
const LEADER_WITHIN_MS = 3_000

export type MemberLine = Extract<Line, { type: 'members' | 'add' | 'change' | 'transfer' }>

/** Shows what came of it. @throws CommandFailed, RaftError, or the signal's reason */
export async function carryOutMemberLine(line: MemberLine, teller: Storyteller): Promise<void> {
  const { cluster, screen } = teller
  if (line.type === 'members') {
    for (const row of await memberRows(cluster)) screen.text(row)
    return
  }
  await untilSomebodyLeads(teller)
  const signal = within(teller, 'it was not done')
  const called = async (who: string) =>
    memberCalled(who, await membersOf(cluster, signal), (id) => cluster.nameOf(id)).id
  switch (line.type) {
    case 'add':
      return addNode({ ...teller, signal }, line.who)
    case 'transfer': {
      const to = line.who === undefined ? null : await called(line.who)
      const present = cluster.leadership()?.leader
      if (present !== undefined && cluster.view(present).peer === to)
        return screen.line(epochMs(), present.name, 'leads already')
      const { leader, answer } = await askLeader<'transfer'>(cluster, { type: 'transfer', to }, signal)
      const text = describeAnswer({ type: 'transfer', ...answer })
      return screen.line(epochMs(), leader.name, `${text} to ${cluster.nameOf(answer.leader)}`)
    }
    case 'change': {
      const id = await called(line.who)
      const change = { [line.verb]: [id] }
      const done =
        line.verb === 'remove'
          ? await removeMember(cluster, id, signal)
          : await changeMembers(cluster, change, signal)
      return tellChange(done, screen)
    }
    default:
      return line satisfies never
  }
}

/** @throws RaftError ERR_NOT_LEADER when nobody does for seconds: then nothing can be changed */
async function untilSomebodyLeads({ cluster, signal }: Storyteller): Promise<void> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(LEADER_WITHIN_MS)])
  try {
    await cluster.until(() => cluster.leadership(), soon)
  } catch {
    signal.throwIfAborted()
    throw new RaftError('ERR_NOT_LEADER', 'nothing was done: only a leader can, and nobody leads')
  }
}

/** Who they are is the word of the leader, or of anybody while there is none; how far its log is, each says for itself. */
async function memberRows(cluster: DemoCluster): Promise<readonly string[]> {
  const leader = cluster.leadership()?.leader
  const told = leader ?? cluster.living[0]
  if (told === undefined) return ['No process is left.']
  const { members } = await told.ask({ type: 'status' }, STATUS_TIMEOUT_MS)
  const rows = members.map(async (member) => ({
    name: cluster.nameOf(member.id),
    leads: leader !== undefined && member.id === cluster.view(leader).peer,
    ...(await own(cluster, member)),
  }))
  return membersTable(await Promise.all(rows))
}

async function own(
  cluster: DemoCluster,
  member: DemoMember,
): Promise<{ readonly member: DemoMember; readonly lastIndex: number | undefined }> {
  const child = cluster.living.find((child) => cluster.view(child).peer === member.id)
  const status = await child?.ask({ type: 'status' }, STATUS_TIMEOUT_MS).catch(() => undefined)
  if (status === undefined) return { member, lastIndex: undefined }
  return { member: { ...member, incarnation: status.incarnation }, lastIndex: status.lastIndex }
}

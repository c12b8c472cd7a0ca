// Looks at one replica's storage and says what a recovery from it would mean. It writes nothing.
import { RaftError } from '../../ports/errors.js'
import type { Storage, StoredState } from '../../ports/storage.js'
import type { Member } from '../../ports/transport.js'
import { findMemberships } from '../membership/recover.js'
import type { RecoveryReport } from './report.js'
import { risksOf } from './risks.js'

export interface RecoveryOptions {
  /** Closed: it is opened, and closed again. */
  readonly storage: Storage
  readonly id: string
  readonly clusterId: string
}

/**
 * What the storage of member `id` holds, and what may be lost when the cluster is recovered from it: ask every survivor, and
 * let `chooseSurvivor` tell which one to recover. Opening does what it does at a node's start (a torn end of the log goes);
 * nothing else is changed.
 * @throws RaftError ERR_STORAGE_IDENTITY, ERR_STORAGE_EMPTY, ERR_STORAGE_CORRUPT, ERR_STORAGE_LOCKED, ERR_STORAGE
 */
export async function assessRecovery(options: RecoveryOptions): Promise<RecoveryReport> {
  return withStored(options, async (stored) => assess(options, stored))
}

/** @throws what the storage's open throws */
export async function withStored<Answer>(
  { storage, id, clusterId }: RecoveryOptions,
  use: (stored: StoredState) => Promise<Answer>,
): Promise<Answer> {
  // Nothing is formatted: the members and the incarnation do not matter.
  const stored = await storage.open({ clusterId, nodeId: id, members: [], incarnation: '', mustExist: true })
  try {
    return await use(stored)
  } finally {
    await storage.close()
  }
}

export async function assess(
  { storage, id, clusterId }: RecoveryOptions,
  stored: StoredState,
): Promise<RecoveryReport> {
  if (stored.formatted) throw new RaftError('ERR_STORAGE_EMPTY', `${storage.name} storage: it is empty`)
  const { incarnation, generation, hardState, runs, snapshot } = stored
  const snapshotIndex = snapshot?.index ?? 0
  const first = { index: snapshotIndex, members: snapshot?.members ?? stored.members }
  const configurations = [first, ...(await findMemberships(storage, stored))]
  const { index: membersIndex, members } = configurations.at(-1)!
  const { members: committedMembers } = configurations.at(-2) ?? first
  const lastIndex = runs.at(-1)?.lastIndex ?? snapshotIndex
  const known = {
    id,
    clusterId,
    incarnation,
    generation,
    members,
    membersIndex,
    committedMembers,
    joint: members.some(({ outgoing }) => outgoing === true),
    currentTerm: hardState.currentTerm,
    lastTerm: runs.at(-1)?.term ?? snapshot?.term ?? 0,
    firstIndex: runs[0]?.firstIndex ?? lastIndex + 1,
    lastIndex,
    runs: runs.map(({ firstIndex, lastIndex, term }) => ({ firstIndex, lastIndex, term })),
    snapshotIndex,
    snapshotTerm: snapshot?.term ?? 0,
  }
  return { ...known, refusal: refusalOf(known), risks: risksOf(known) }
}

/** What its log says of the member: as it is now, or was until the newest configuration, which may never have been committed. */
export function selfOf({
  id,
  members,
  committedMembers,
}: Pick<RecoveryReport, 'id' | 'members' | 'committedMembers'>): Member | undefined {
  return [...members, ...committedMembers].find((member) => member.id === id)
}

function refusalOf(report: Omit<RecoveryReport, 'refusal' | 'risks'>): string | undefined {
  const { id, incarnation, generation, members, joint } = report
  const self = selfOf(report)
  if (self === undefined) return `${id} is none of the members that its log tells of (${idsOf(members)})`
  if (self.incarnation !== undefined && self.incarnation !== incarnation)
    return `${id} is a member with another storage: this one was made after that was lost`
  const voters = members.filter(({ role }) => role === 'voter')
  if (joint || voters.length > 1 || voters[0]?.id !== id) return undefined
  const how =
    generation === 0 ? '' : `: the cluster was recovered already, and is in generation ${generation}`
  return `${id} is the only voter and needs no other${how}`
}

function idsOf(members: readonly Member[]): string {
  return members.map(({ id }) => id).join(', ')
}

// Finds the configurations of a recovered log: membership comes from the snapshot, or from what the cluster began with, and
// from the entries behind that.
import type { LogIndex, Run } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { Storage, StoredState } from '../../ports/storage.js'
import type { Member } from '../../ports/transport.js'
import { configurationOf } from '../../wire/membership-entry.js'
import { storageFailure } from '../failures.js'

const READ_BYTES = 1024 * 1024

/** A membership entry of the log, behind the newest snapshot. */
export interface MembershipBlock {
  readonly index: LogIndex
  readonly members: readonly Member[]
}

/** @throws RaftError ERR_STORAGE_CORRUPT, ERR_STORAGE */
export async function findMemberships(storage: Storage, stored: StoredState): Promise<MembershipBlock[]> {
  const after = stored.snapshot?.index ?? 0
  const behind = stored.memberships?.filter((index) => index > after)
  try {
    return await (behind === undefined ? search(storage, stored, after) : read(storage, behind))
  } catch (error) {
    throw storageFailure(error as Error)
  }
}

async function read(storage: Storage, memberships: readonly LogIndex[]): Promise<MembershipBlock[]> {
  const found: MembershipBlock[] = []
  for (const index of memberships) {
    const [block] = await storage.read(index, 1)
    if (block?.members === undefined || block.lastIndex !== index)
      throw new RaftError(
        'ERR_STORAGE_CORRUPT',
        `${storage.name} storage: entry ${index} is no membership entry`,
      )
    found.push({ index, members: block.members })
  }
  return found
}

async function search(storage: Storage, { runs }: StoredState, after: LogIndex): Promise<MembershipBlock[]> {
  const found: MembershipBlock[] = []
  const lastIndex = runs.at(-1)?.lastIndex ?? 0
  for (let next = after + 1; next <= lastIndex; ) {
    const blocks = await storage.read(next, READ_BYTES)
    if (blocks.length === 0)
      throw new RaftError('ERR_STORAGE_CORRUPT', `${storage.name} storage: the log has no entry ${next}`)
    for (const { lastIndex: index, members } of blocks) {
      if (members !== undefined && index >= next) found.push({ index, members })
      next = index + 1
    }
  }
  return found
}

/** The runs, each membership entry alone in its own. */
export function withConfigurations(runs: readonly Run[], blocks: readonly MembershipBlock[]): Run[] {
  const split: Run[] = []
  for (const { firstIndex, lastIndex, term } of runs) {
    let from = firstIndex
    for (const { index, members } of blocks) {
      if (index < firstIndex || index > lastIndex) continue
      if (from < index) split.push({ firstIndex: from, lastIndex: index - 1, term })
      split.push({ firstIndex: index, lastIndex: index, term, configuration: configurationOf(members) })
      from = index + 1
    }
    if (from <= lastIndex) split.push({ firstIndex: from, lastIndex, term })
  }
  return split
}

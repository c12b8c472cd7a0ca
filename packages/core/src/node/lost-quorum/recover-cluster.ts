// Disaster recovery: one survivor of a lost quorum becomes a cluster of its own, in a new generation.
import type { LogIndex, Term } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { Scheduler } from '../../ports/scheduler.js'
import type { Storage, StoredBlock, StoredState, WriteBatch } from '../../ports/storage.js'
import type { Member } from '../../ports/transport.js'
import { utf8 } from '../../wire/bytes.js'
import { EntryKind, encodeBlock, FLAG_MEMBERSHIP } from '../../wire/entry-block.js'
import { ADDRESS_BYTES_MAX } from '../../wire/limits.js'
import { encodeMembers } from '../../wire/membership-entry.js'
import { randomNumber } from '../random.js'
import { systemScheduler } from '../system-scheduler.js'
import { assess, type RecoveryOptions, selfOf, withStored } from './assess.js'
import type { Recovery } from './report.js'

/**
 * How far the term rises: beyond any that the lost members can have reached without this one, so that no leader of theirs had
 * a term, the fencing token of its jobs, that one of the new generation has again. New members take up to 2^32 at once.
 */
const TERMS_SKIPPED = 2 ** 20

/** Two recoveries of one cluster agree once in 2^32; a storage can be recovered two million times. */
const GENERATION_RANDOM_BYTES = 4

export interface RecoverClusterOptions extends RecoveryOptions {
  /** Where this member will listen. Default: where it did. */
  readonly address?: string
  /**
   * The lowest generation to write, an integer above the storage's, which plus 1 is the default; what is written is up to 2^32
   * above it, by chance. To be given for a storage from a backup, above that of every member that still runs or may come back.
   */
  readonly generation?: number
  /** Where chance comes from. Default: this machine's. */
  readonly scheduler?: Pick<Scheduler, 'randomBytes'>
}

/**
 * Makes member `id` the only voter of its cluster, in a new generation, when the majority of the members is lost for good. Only
 * on the storage of **one** survivor, which `chooseSurvivor` names; its node is not running. Afterwards the node is started
 * as ever: it elects itself, commits what its log holds, and others are added to it as new members. Resolves with what
 * `assessRecovery` would have said before, and with the new generation.
 *
 * One atomic write: it happens as a whole or not at all, and a second call is refused.
 * @throws RaftError ERR_INVALID_OPTION when there is nothing to recover here, the address is too long, or the generation is no later one; otherwise as
 * `assessRecovery` does. Nothing was written then, unless the write itself failed (ERR_STORAGE): then assess again.
 */
export async function recoverCluster(options: RecoverClusterOptions): Promise<Recovery> {
  const { storage, id, address } = options
  if (address !== undefined && utf8(address).length > ADDRESS_BYTES_MAX)
    throw new RaftError('ERR_INVALID_OPTION', `an address is at most ${ADDRESS_BYTES_MAX} bytes`)
  return withStored(options, async (stored) => {
    const report = await assess(options, stored)
    const { refusal, members, incarnation, generation, currentTerm, lastTerm, lastIndex } = report
    if (refusal !== undefined) throw new RaftError('ERR_INVALID_OPTION', refusal)
    const before = selfOf(report)!
    const self: Member = { id, address: address ?? before.address, role: 'voter', incarnation }
    const term = Math.max(currentTerm, lastTerm) + TERMS_SKIPPED
    if (!Number.isSafeInteger(term))
      throw new RaftError('ERR_INVALID_OPTION', `no term follows ${currentTerm}`)
    const newGeneration = generationAfter(generation, options)
    const steps = configurationsTo(self, members)
    await write(storage, {
      hardState: { currentTerm: term, votedFor: undefined },
      generation: newGeneration,
      truncateFrom: undefined,
      blocks: steps.map((step, i) => membershipBlock(step, lastIndex + 1 + i, term, stored)),
    })
    return { ...report, newGeneration }
  })
}

/**
 * Nobody else's: two survivors that are recovered by mistake are strangers to each other, as two clusters must be. If both were in
 * the generation that follows, one would take the other's entries, and cut what it has committed.
 */
function generationAfter(
  generation: number,
  { generation: least = generation + 1, scheduler = systemScheduler() }: RecoverClusterOptions,
): number {
  if (!Number.isSafeInteger(least) || least <= generation)
    throw new RaftError(
      'ERR_INVALID_OPTION',
      `generation must be an integer above ${generation}, not ${least}`,
    )
  const next = least + randomNumber(scheduler, GENERATION_RANDOM_BYTES)
  if (!Number.isSafeInteger(next))
    throw new RaftError('ERR_INVALID_OPTION', `no generation follows ${least}: they end at 2^53`)
  return next
}

/**
 * The steps of a change to one voter, as joint consensus makes them (Raft §6): whoever reads the log later, a new member too,
 * finds each configuration to follow from the one before. No majority has agreed to them: that is what a recovery is.
 */
function configurationsTo(self: Member, members: readonly Member[]): Member[][] {
  const isJoint = members.some(({ outgoing }) => outgoing === true)
  const voters = members.filter(({ role }) => role === 'voter').map(({ outgoing: _, ...member }) => member)
  const wasVoter = voters.some(({ id }) => id === self.id)
  const outgoing = voters
    .filter(({ id }) => id !== self.id)
    .map((member): Member => ({ ...member, role: 'leaving', outgoing: true }))
  const joint = [wasVoter ? { ...self, outgoing: true as const } : self, ...outgoing]
  return isJoint ? [voters, joint, [self]] : [joint, [self]]
}

function membershipBlock(
  members: readonly Member[],
  firstIndex: LogIndex,
  term: Term,
  { lastTimestamp, snapshot }: StoredState,
): StoredBlock {
  // Time goes on with the first entry that the node itself appends.
  const timestamp = Math.max(lastTimestamp, snapshot?.timestamp ?? 0)
  const entry = { kind: EntryKind.Membership, payload: encodeMembers(members) }
  return { block: encodeBlock({ firstIndex, term, timestamp, flags: FLAG_MEMBERSHIP }, [entry]), firstIndex }
}

function write(storage: Storage, batch: WriteBatch): Promise<void> {
  return new Promise((resolve, reject) => {
    storage.write(batch, (error) => (error === undefined ? resolve() : reject(error)))
  })
}

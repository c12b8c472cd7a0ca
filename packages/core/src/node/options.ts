// Options are validated once, at start; every limit has a unit and a default.
import type { ConsensusOptions } from '../consensus/index.js'
import { RaftError } from '../ports/errors.js'
import { utf8 } from '../wire/bytes.js'
import { leaseHash } from '../wire/lease-hash.js'
import { BLOCK_BYTES_MAX, ID_BYTES_MAX, SNAPSHOT_CHUNK_BYTES_MAX } from '../wire/limits.js'
import { SESSION_TTL_MS_MAX } from '../wire/open-session.js'
import { secretBytes } from './joining/secret.js'
import type { LeaseOptions, NodeLimits, NodeOptions } from './types.js'

const MIB = 1024 * 1024

export type Limits = Required<NodeLimits>

export const DEFAULT_LIMITS: Limits = {
  heartbeatMs: 50,
  electionTimeoutMsMin: 150,
  electionTimeoutMsMax: 300,
  messageBytesMax: MIB,
  inFlightBytesMax: 4 * MIB,
  inFlightMessagesMax: 256,
  pendingProposalsMax: 65_536,
  pendingBytesMax: 64 * MIB,
  uncommittedBytesMax: 64 * MIB,
  pendingReadsMax: 10_000,
  followerLagEntriesMax: 10_000,
  logCacheBytesMax: 64 * MIB,
  storageStallMsMax: 1_000,
  requestTimeoutMs: 5_000,
  sessionTtlMs: 3_600_000,
  snapshotLogBytesMin: 256 * MIB,
  snapshotLogFactor: 4,
  snapshotIntervalMsMin: 30_000,
  snapshotTrailingBytes: 64 * MIB,
  snapshotChunkBytes: MIB,
  snapshotStallMsMax: 60_000,
  joinDialoguesMax: 32,
  joinFailuresPerMinuteMax: 30,
}

/** @throws RaftError ERR_INVALID_OPTION */
export function invalid(message: string): never {
  throw new RaftError('ERR_INVALID_OPTION', message)
}

/** @throws RaftError ERR_INVALID_OPTION */
export function resolveLimits(given: NodeLimits): Limits {
  const limits: Limits = { ...DEFAULT_LIMITS }
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    const value = given[name]
    if (value === undefined) continue
    if (!Number.isFinite(value) || value <= 0) invalid(`${name} must be a positive number, not ${value}`)
    if (!name.includes('Ms') && !Number.isInteger(value)) invalid(`${name} must be an integer, not ${value}`)
    Object.assign(limits, { [name]: value })
  }
  const { heartbeatMs, electionTimeoutMsMin: min, electionTimeoutMsMax: max } = limits
  if (min < heartbeatMs * 2)
    invalid(`electionTimeoutMsMin (${min}) must be at least twice heartbeatMs (${heartbeatMs})`)
  if (max <= min) invalid(`electionTimeoutMsMax (${max}) must be above electionTimeoutMsMin (${min})`)
  if (limits.messageBytesMax < 1024) invalid('messageBytesMax must be at least 1024')
  if (limits.messageBytesMax > BLOCK_BYTES_MAX / 2)
    invalid(`messageBytesMax is at most ${BLOCK_BYTES_MAX / 2}`)
  if (limits.pendingProposalsMax > 2 ** 20) invalid('pendingProposalsMax is at most 1,048,576')
  if (limits.sessionTtlMs > SESSION_TTL_MS_MAX) invalid(`sessionTtlMs is at most ${SESSION_TTL_MS_MAX}`)
  if (limits.snapshotChunkBytes > SNAPSHOT_CHUNK_BYTES_MAX)
    invalid(`snapshotChunkBytes is at most ${SNAPSHOT_CHUNK_BYTES_MAX}`)
  if (limits.inFlightBytesMax < limits.messageBytesMax)
    invalid('inFlightBytesMax must hold at least one message')
  if (limits.uncommittedBytesMax < limits.messageBytesMax)
    invalid('uncommittedBytesMax must hold at least one message')
  return limits
}

/** @throws RaftError ERR_INVALID_OPTION */
export function checkIdentity(options: NodeOptions<never, unknown, unknown>): void {
  checkId('id', options.id)
  checkId('clusterId', options.clusterId)
  if (options.joinSecret !== undefined) secretBytes(options.joinSecret)
  if (typeof options.join === 'object') checkJoin(options)
  else checkMembers(options)
  const { electionPriority: priority = 1, leases, generation = 0 } = options
  if (!Number.isSafeInteger(generation) || generation < 0)
    invalid(`generation must be an integer from 0 on, not ${generation}`)
  // On empty storages the first members would form a cluster of their own beside the one that was recovered.
  if (generation > 0 && options.join !== true) invalid('generation is for a node that is to join')
  if (!(priority >= 0 && priority <= 1)) invalid(`electionPriority must be 0 to 1, not ${priority}`)
  if (leases !== undefined && !(leases.clockDriftMax > 0 && leases.clockDriftMax <= 0.5))
    invalid(`leases.clockDriftMax must be above 0 and at most 0.5, not ${leases.clockDriftMax}`)
  for (const port of ['transport', 'storage', 'stateMachine'] as const) {
    if (typeof options[port] !== 'object' || options[port] === null) invalid(`${port} is missing`)
  }
}

function checkMembers({ id: own, members = [], join }: NodeOptions<never, unknown, unknown>): void {
  if (!Array.isArray(members) || members.length === 0) invalid('members must not be empty')
  for (const member of members) checkId('a member id', member?.id)
  const ids = new Set(members.map((member) => member.id))
  if (ids.size !== members.length) invalid('members name an id twice')
  if (ids.has(own) === (join === true))
    invalid(`id ${own} is ${join ? 'one of the members: it need not join' : 'not among the members'}`)
  for (const { id, role } of members)
    if (role !== 'voter' && role !== 'learner') invalid(`member ${id} is a voter or a learner, not ${role}`)
  if (!members.some(({ role }) => role === 'voter')) invalid('members must have a voter')
}

/** The members come from the cluster that it joins. */
function checkJoin({ members, join, joinSecret, transport }: NodeOptions<never, unknown, unknown>): void {
  if (typeof join !== 'object' || join === null) invalid('join must be true, or an object with `via`')
  const { via, role = 'voter', timeoutMs = 1 } = join
  if (members !== undefined) invalid('join.via asks for the members: leave `members` out')
  if (!Array.isArray(via) || via.length === 0 || via.some((address) => typeof address !== 'string'))
    invalid('join.via must be addresses of members, at least one')
  if (role !== 'voter' && role !== 'learner') invalid(`join.role is voter or learner, not ${role}`)
  if (!(timeoutMs > 0)) invalid(`join.timeoutMs must be positive, not ${timeoutMs}`)
  if (joinSecret === undefined) invalid("join.via needs the cluster's joinSecret")
  if (transport?.knock === undefined)
    invalid('this transport cannot ask to be let in: join.via needs `knock`')
}

function checkId(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') invalid(`${name} must be a non-empty string`)
  else if (utf8(value).length > ID_BYTES_MAX) invalid(`${name} is longer than ${ID_BYTES_MAX} bytes`)
}

export function consensusOptions(
  limits: Limits,
  { electionPriority = 1, leases }: Pick<NodeOptions<never, unknown, unknown>, 'electionPriority' | 'leases'>,
): ConsensusOptions {
  const { heartbeatMs, electionTimeoutMsMin, electionTimeoutMsMax } = limits
  const { inFlightBytesMax, inFlightMessagesMax, messageBytesMax, pendingReadsMax } = limits
  return {
    heartbeatMs,
    electionTimeoutMsMin,
    electionTimeoutMsMax,
    inFlightBytesMax,
    inFlightMessagesMax,
    messageBytesMax,
    steadyLeader: true,
    electionPriority,
    leaseMs: leases === undefined ? 0 : leaseMs(electionTimeoutMsMin, leases.clockDriftMax),
    storageStallMs: limits.storageStallMsMax,
    snapshotStallMs: limits.snapshotStallMsMax,
    pendingReadsMax,
  }
}

/**
 * Voters keep quiet for the minimal election timeout by clocks that may be fast, while the leader counts by one that may
 * be slow.
 */
function leaseMs(electionTimeoutMsMin: number, drift: number): number {
  return (electionTimeoutMsMin * (1 - drift)) / (1 + drift)
}

/** What the hello says of leases: 0 without them. */
export function leasesInHello(limits: Limits, leases: LeaseOptions | undefined): number {
  if (leases === undefined) return 0
  return leaseHash(limits.electionTimeoutMsMin, limits.electionTimeoutMsMax, leases.clockDriftMax)
}

// What one seed is about: the cluster's shape, and which faults it meets how often. Drawn first, from its own tape; an
// empty tape plans a calm run.
import type { LeaseOptions, NodeLimits } from '@riverraft/core'
import type { DiskFaults } from '../disk/disk-faults.js'
import { HEALTHY } from '../disk/disk-faults.js'
import { CALM, type Weather } from '../network/weather.js'
import type { Tape } from '../world/tape.js'

/** What the nemesis may do, and how often on average. */
export const ACTS = [
  'crash',
  'crash-leader',
  'crash-all',
  'crash-at-call',
  'stop',
  'pause',
  'partition-two-sided',
  'partition-one-way',
  'partition-bridge',
  'isolate-leader',
  'clog',
  'reset-links',
  'replay-old',
  'clock-rate',
  'clock-leap',
  'wall-clock',
  'slow-apply',
  'slow-disk',
  'full-disk',
  'rot',
  'wipe',
  'crash-voter',
  'transfer',
  'congest',
  'see-saw',
  'crash-writing',
  'forget-leader',
  'take-snapshot',
  'slow-restore',
  'overtaken-install',
] as const

/** What happens to the members. */
export const CHURN = [
  'add-voter',
  'add-learner',
  'promote',
  'demote',
  'remove',
  'remove-leader',
  'replace',
  'replace-lost',
  'move',
  'stale-change',
  'restart-removed',
  'come-back',
  'recover',
  'left-behind',
] as const
export type ChurnAct = (typeof CHURN)[number]
export type Act = (typeof ACTS)[number] | ChurnAct

/** 'blocks': whole batches, without files. 'files': the real file storage on a simulated disk. */
export type StoragePlan =
  | { readonly kind: 'blocks' }
  | { readonly kind: 'files'; readonly writesThrough: boolean; readonly segmentBytes: number }

/** Clocks run at 0.75 to 1.25 of the right rate. */
export const CLOCK_DRIFT_MAX = 0.25

export interface Plan {
  readonly servers: number
  /** True: every frame passes through the codec. */
  readonly encodes: boolean
  readonly storage: StoragePlan
  readonly limits: NodeLimits
  /** With leases no clock leaves the bound that they declare. */
  readonly leases: LeaseOptions | undefined
  readonly weather: Weather
  readonly disk: DiskFaults
  /** Mean milliseconds between two acts of each kind; absent: never. */
  readonly acts: ReadonlyMap<Act, number>
  readonly clients: number
  /** Mean milliseconds a client thinks between two requests. */
  readonly thinkMs: number
}

/** Mean times between acts, for those that are enabled. */
const ACT_MS: Record<Act, number> = {
  crash: 6_000,
  'crash-leader': 12_000,
  'crash-all': 25_000,
  'crash-at-call': 6_000,
  stop: 10_000,
  pause: 6_000,
  'partition-two-sided': 10_000,
  'partition-one-way': 12_000,
  'partition-bridge': 15_000,
  'isolate-leader': 12_000,
  clog: 8_000,
  'reset-links': 5_000,
  'replay-old': 2_000,
  'clock-rate': 10_000,
  'clock-leap': 10_000,
  'wall-clock': 10_000,
  'slow-apply': 10_000,
  'slow-disk': 10_000,
  'full-disk': 15_000,
  rot: 20_000,
  wipe: 40_000,
  'crash-voter': 8_000,
  transfer: 5_000,
  congest: 8_000,
  'see-saw': 15_000,
  'crash-writing': 8_000,
  'forget-leader': 12_000,
  'take-snapshot': 1_500,
  'slow-restore': 8_000,
  'overtaken-install': 6_000,
  'add-voter': 6_000,
  'add-learner': 8_000,
  promote: 5_000,
  demote: 10_000,
  remove: 7_000,
  'remove-leader': 12_000,
  replace: 8_000,
  'replace-lost': 2_500,
  move: 12_000,
  'stale-change': 8_000,
  'restart-removed': 8_000,
  'come-back': 8_000,
  recover: 90_000,
  'left-behind': 6_000,
}

const SERVERS = [5, 5, 3, 3, 4, 2, 1] as const

/** Smaller limits are reached sooner. */
const LIMITS: readonly NodeLimits[] = [
  {},
  { messageBytesMax: 2_048, inFlightBytesMax: 4_096, inFlightMessagesMax: 2, logCacheBytesMax: 1_024 },
  { logCacheBytesMax: 1_024 },
  { pendingProposalsMax: 4, pendingReadsMax: 3, logCacheBytesMax: 4_096 },
  { sessionTtlMs: 800 },
  { messageBytesMax: 2_048, uncommittedBytesMax: 2_048, pendingProposalsMax: 64 },
]

/** A few kilobytes of log are a lot here. Chunks of a few bytes: every snapshot takes many. */
const SNAPSHOTS: readonly NodeLimits[] = [
  {},
  { snapshotLogBytesMin: 2_000, snapshotTrailingBytes: 1, snapshotChunkBytes: 64 },
  { snapshotLogBytesMin: 10_000, snapshotTrailingBytes: 2_000, snapshotChunkBytes: 1_000 },
  { snapshotLogBytesMin: 1_000_000, snapshotTrailingBytes: 500, snapshotChunkBytes: 200 },
]

export function drawPlan(tape: Tape, servers: number | undefined): Plan {
  const size = SERVERS[tape.below(SERVERS.length)]!
  const encodes = tape.below(3) === 2
  const limits = LIMITS[tape.below(LIMITS.length)]!
  const storage = drawStorage(tape)
  const weather = drawWeather(tape)
  const disk = drawDisk(tape)
  const acts = new Map<Act, number>()
  for (const act of ACTS) if (tape.below(2) === 1) acts.set(act, ACT_MS[act] * (0.5 + tape.fraction()))
  const clients = 4 + tape.below(5)
  const thinkMs = 270 - tape.below(150)
  const failedName = rate(tape, 0.005)
  const snapshots = SNAPSHOTS[tape.below(SNAPSHOTS.length)]!
  const leases = tape.below(2) === 1 ? { clockDriftMax: CLOCK_DRIFT_MAX } : undefined
  drawChurn(tape, acts)
  return {
    servers: servers ?? size,
    encodes,
    storage,
    limits: {
      requestTimeoutMs: 2_000,
      ...limits,
      ...snapshots,
      snapshotIntervalMsMin: 500,
      snapshotLogFactor: 1,
    },
    weather,
    disk: { ...disk, failedName },
    acts,
    clients,
    thinkMs,
    leases,
  }
}

/** Two of three seeds have members that come and go. */
function drawChurn(tape: Tape, acts: Map<Act, number>): void {
  if (tape.below(3) === 0) return
  for (const act of CHURN) if (tape.below(4) > 0) acts.set(act, ACT_MS[act] * (0.5 + tape.fraction()))
  // Here a disk that is lost is not lost for good.
  for (const act of ['wipe', 'rot'] as const) if (acts.has(act)) acts.set(act, acts.get(act)! / 3)
}

function drawStorage(tape: Tape): StoragePlan {
  const files = tape.below(2) === 1
  const writesThrough = tape.below(2) === 0
  const segmentBytes = [65_536, 16_384, 4_096][tape.below(3)]!
  return files ? { kind: 'files', writesThrough, segmentBytes } : { kind: 'blocks' }
}

/** A probability: 0 for half of the seeds. */
function rate(tape: Tape, max: number): number {
  return tape.below(2) === 0 ? 0 : max * (0.1 + tape.fraction())
}

function drawWeather(tape: Tape): Weather {
  return {
    ...CALM,
    latencyMs: 0.2 + tape.below(8) / 4,
    jitterMs: tape.below(2) === 0 ? 0 : 1 + tape.below(30),
    drop: rate(tape, 0.05),
    duplicate: rate(tape, 0.05),
    spike: rate(tape, 0.02),
    corrupt: rate(tape, 0.001),
    reset: rate(tape, 0.001),
    keepOld: tape.below(2) === 0 ? 0 : 0.02,
    misdirect: rate(tape, 0.1),
  }
}

function drawDisk(tape: Tape): DiskFaults {
  const instant = tape.below(4) === 3
  return {
    ...HEALTHY,
    latencyMs: instant ? 0 : HEALTHY.latencyMs,
    jitterMs: instant ? 0 : tape.below(2) === 0 ? 0 : 1 + tape.below(20),
    slowWrite: rate(tape, 0.002),
    hungWrite: rate(tape, 0.0002),
    failedWrite: rate(tape, 0.0005),
    shortWrite: rate(tape, 0.02),
    failedRead: rate(tape, 0.02),
  }
}

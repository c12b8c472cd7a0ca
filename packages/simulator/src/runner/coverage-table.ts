// What a set of runs must have reached: every fault, and every branch of the protocol that can be seen from outside. A row
// at zero means that something is not tested any more.

export interface CoverageRow {
  readonly name: string
  readonly count: number
}

const FAULTS = [
  'network: drop',
  'network: duplicate',
  'network: delay',
  'network: reorder',
  'network: clog',
  'network: connection reset',
  'network: corrupted frame, refused by the codec',
  'network: corrupted frame, unnoticed by the codec',
  'network: very old copy',
  'network: misdirected connection',
  'network: lost in a partition',
  'nemesis: crash',
  'nemesis: crash-leader',
  'nemesis: crash-all',
  'nemesis: crash-at-call',
  'nemesis: crash during recovery',
  'nemesis: stop',
  'nemesis: pause',
  'nemesis: partition-two-sided',
  'nemesis: partition-one-way',
  'nemesis: partition-bridge',
  'nemesis: isolate-leader',
  'nemesis: clog',
  'nemesis: reset-links',
  'nemesis: replay-old',
  'nemesis: clock-rate',
  'nemesis: clock-leap',
  'nemesis: wall-clock',
  'nemesis: slow-apply',
  'nemesis: slow-disk',
  'nemesis: wipe',
  'crash before send',
  'crash after send',
  'crash before write',
  'crash after write',
  'crash before open',
  'crash after open',
  'crash before read',
  'crash after read',
  'disk: slow write',
  'disk: hung write',
  'disk: EIO on write',
  'disk: ENOSPC on write',
  'disk: EIO on open',
  'disk: EIO on read',
  'disk: unsynced write survives a crash',
  'disk: unsynced write is lost in a crash',
] as const

const BRANCHES = [
  'TermAdvanced',
  'VoteGranted',
  'BecameFollower',
  'BecameCandidate',
  'BecameLeader',
  'EntriesAppended',
  'LogTruncated',
  'CommitAdvanced',
  'FollowerProbed',
  'ReadRoundStarted',
  'sent: RequestVote',
  'sent: vote granted',
  'sent: vote refused',
  'sent: heartbeat',
  'sent: entries',
  'sent: append acknowledged',
  'sent: append refused',
  'sent: ReadIndexRequest',
  'sent: read index',
  'sent: read refused',
  'sent: Forward',
  'sent: forward accepted',
  'sent: forward refused',
  'hello refused: wrong-target',
  'hello refused: incarnation-changed',
  'stopped: ERR_STORAGE',
  'stopped: ERR_INCARNATION_CHANGED',
  'propose: ok',
  'propose: ERR_COMMAND_REJECTED',
  'propose: ERR_OUTCOME_UNKNOWN',
  'propose: ERR_TIMEOUT',
  'propose: ERR_ABORTED',
  'propose: ERR_OVERLOADED',
  'propose: ERR_STOPPED',
  'propose: process died',
  'read: ok',
  'read: ERR_TIMEOUT',
  'read: ERR_ABORTED',
  'read: ERR_OVERLOADED',
  'read: process died',
] as const

export function coverageRows(counts: ReadonlyMap<string, number>): CoverageRow[] {
  return [...FAULTS, ...BRANCHES].map((name) => ({ name, count: counts.get(name) ?? 0 }))
}

export function mergeCounts(into: Map<string, number>, counts: Iterable<readonly [string, number]>): void {
  for (const [name, count] of counts) into.set(name, (into.get(name) ?? 0) + count)
}

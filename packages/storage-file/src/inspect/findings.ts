// What there is to say about a directory: plain data, one piece after another, for people and for programs.
import type { HardState, LogIndex, Member, Run, SnapshotMetadata, Term } from '@riverraft/core'

export type Finding =
  | FoundDirectory
  | FoundSegment
  | FoundRecordData
  | FoundGap
  | FoundSegmentEnd
  | FoundSnapshot
  | FoundOther
  | Problem
  | Verdict

export interface FoundDirectory {
  readonly type: 'directory'
  readonly directory: string
  /** 'unknown': this process may not ask. */
  readonly inUse: 'yes' | 'no' | 'unknown'
  /** Undefined when the file `format` is missing or damaged. */
  readonly format:
    | {
        readonly clusterId: string
        readonly nodeId: string
        readonly incarnation: string
        readonly members: readonly Member[]
        /** As it was when the directory was formatted. */
        readonly generation?: number
      }
    | undefined
}

export interface FoundSegment {
  readonly type: 'segment'
  readonly file: string
  readonly bytes: number
  /** Undefined when it is not whole: an unfinished last segment, or damage. */
  readonly header:
    | {
        /** Bytes; the first record stands there. */
        readonly length: number
        readonly crc: string
        readonly salt: string
        /** The log before was given up in favour of a snapshot at (firstIndex - 1, previousTerm). */
        readonly restart: boolean
        readonly sequence: number
        readonly firstBatch: number
        readonly firstIndex: LogIndex
        readonly previousTerm: Term
        readonly previousEnd: number
        readonly previousCrc: string
        /** Before this segment. */
        readonly hardState: HardState
        readonly generation: number
        readonly clusterId: string
        readonly nodeId: string
        readonly incarnation: string
      }
    | undefined
}

/** A whole record: its checksums are right, and so is its place in the chain unless a gap was told of right before. */
export type FoundRecordData = {
  readonly type: 'record'
  readonly file: string
  readonly offset: number
  /** Header and body. */
  readonly bytes: number
  readonly crc: string
  readonly batch: number
  /** The last one of its batch. */
  readonly last: boolean
} & (
  | {
      readonly kind: 'block'
      /** What counts of it. */
      readonly firstIndex: LogIndex
      readonly lastIndex: LogIndex
      /** Where the block itself begins: at or before `firstIndex`. */
      readonly blockFirstIndex: LogIndex
      readonly term: Term
      readonly timestamp: number
      /** The block's own checksum. */
      readonly blockCrc: string
    }
  | { readonly kind: 'hardState'; readonly hardState: HardState; readonly generation: number }
  | { readonly kind: 'truncation'; readonly from: LogIndex; readonly termBefore: Term }
)

/** Bytes between whole records that are none. */
export interface FoundGap {
  readonly type: 'gap'
  readonly file: string
  readonly offset: number
  readonly bytes: number
}

export interface FoundSegmentEnd {
  readonly type: 'segmentEnd'
  readonly file: string
  /** Behind the last whole batch. */
  readonly end: number
  readonly records: number
  readonly batches: number
  readonly bytesBehind: number
  /** 'other' is no whole batch: an unfinished one, what is left of an earlier use of the file, or damage. */
  readonly behind: 'nothing' | 'zeros' | 'other'
}

export interface FoundSnapshot extends SnapshotMetadata {
  readonly type: 'snapshot'
  readonly file: string
  readonly bytes: number
  readonly contentBytes: number
}

/** A file that holds nothing that counts. */
export interface FoundOther {
  readonly type: 'other'
  readonly file: string
  readonly what: 'unfinished' | 'lock' | 'spare' | 'removed meanwhile' | 'not of this storage'
}

export interface Problem {
  readonly type: 'problem'
  /** The whole path. */
  readonly file: string
  /** Undefined when it is the file as a whole. */
  readonly offset: number | undefined
  readonly reason: string
  readonly advice: string
}

/** What opening would answer. */
export interface Verdict {
  readonly type: 'verdict'
  /** 'refused': a node does not start on it. 'changing': it is in use, and no two looks agreed. */
  readonly opens: 'yes' | 'refused' | 'changing'
  readonly problems: number
  readonly state:
    | {
        readonly hardState: HardState
        readonly generation: number
        /** Empty: no entry. */
        readonly runs: readonly Run[]
        readonly snapshot: SnapshotMetadata | undefined
      }
    | undefined
}

/** As four bytes are usually written. */
export function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}

// A failing run as a small file: the tapes, with their zeros counted instead of written.
import { type Recording, TAPE_NAMES } from '../world/tape.js'

export interface Replay {
  readonly format: 1
  /** Which workload the run was of: a file is replayed with the same. */
  readonly workload: string
  readonly seed: number
  readonly seconds: number
  readonly servers: number | undefined
  readonly skipped: readonly number[]
  /** What went wrong, for whoever reads the file. */
  readonly property: string
  readonly message: string
  readonly traceHash: string
  readonly tapes: Readonly<Record<string, readonly number[]>>
}

export function packTapes(recording: Recording): Record<string, number[]> {
  return Object.fromEntries(TAPE_NAMES.map((name) => [name, pack(recording[name])]))
}

export function unpackTapes(tapes: Readonly<Record<string, readonly number[]>>): Recording {
  return Object.fromEntries(
    TAPE_NAMES.map((name) => [name, unpack(tapes[name] ?? [])]),
  ) as unknown as Recording
}

/** `-n` stands for n zeros; zeros at the end are left out. */
export function pack(draws: readonly number[]): number[] {
  const packed: number[] = []
  let zeros = 0
  for (const draw of draws) {
    if (draw === 0) {
      zeros++
      continue
    }
    if (zeros > 0) packed.push(-zeros)
    zeros = 0
    packed.push(draw)
  }
  return packed
}

export function unpack(packed: readonly number[]): number[] {
  const draws: number[] = []
  for (const value of packed) {
    if (value >= 0) draws.push(value)
    else for (let i = 0; i < -value; i++) draws.push(0)
  }
  return draws
}

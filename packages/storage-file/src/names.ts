// What the files of the directory are called.
import type { LogIndex, SnapshotMetadata, Term } from '@riverraft/core'

export const FORMAT_NAME = 'format'
/** Whatever ends so was never finished, and is removed by the next open. */
export const UNFINISHED = '.tmp'
/** The spare segment that is being filled with zeros. */
export const FILLING_NAME: string = `spare${UNFINISHED}`

/** Not `.log`: that is what clean-up jobs delete, and what git ignores. */
const SEGMENT = /^(\d{16})\.segment$/
const SPARE = /^(\d{16})\.spare$/
const SNAPSHOT = /^(\d{1,16})-(\d{1,16})\.snap$/

export function segmentName(sequence: number): string {
  return `${digits(sequence)}.segment`
}

/** Their numbers are their own: a spare may become any segment. */
export function spareName(number: number): string {
  return `${digits(number)}.spare`
}

/** The sequence numbers of the segments among `names`, ascending. */
export function segmentsAmong(names: readonly string[]): number[] {
  return numbersAmong(names, SEGMENT)
}

/** The numbers of the spare segments among `names`, ascending. */
export function sparesAmong(names: readonly string[]): number[] {
  return numbersAmong(names, SPARE)
}

function digits(number: number): string {
  return String(number).padStart(16, '0')
}

function numbersAmong(names: readonly string[], pattern: RegExp): number[] {
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

export interface SnapshotName {
  readonly name: string
  readonly index: LogIndex
  readonly term: Term
}

export function snapshotName({ index, term }: SnapshotMetadata): string {
  return `${index}-${term}.snap`
}

/** The snapshots among `names`, newest first. */
export function snapshotsAmong(names: readonly string[]): SnapshotName[] {
  const found = names.flatMap((name) => {
    const match = SNAPSHOT.exec(name)
    return match === null ? [] : [{ name, index: Number(match[1]), term: Number(match[2]) }]
  })
  return found.sort((a, b) => b.index - a.index || b.term - a.term)
}

// Findings as lines for people: one record a line, in columns.
import type { HardState, Run } from '@riverraft/core'
import type {
  Finding,
  FoundDirectory,
  FoundRecordData,
  FoundSegment,
  FoundSegmentEnd,
  FoundSnapshot,
  Verdict,
} from './findings.js'

/** Names and ids come from elsewhere: nothing in them steers a terminal. */
export function* asText(finding: Finding): Generator<string, void, undefined> {
  for (const line of lines(finding)) yield escaped(line)
}

function* lines(finding: Finding): Generator<string, void, undefined> {
  switch (finding.type) {
    case 'directory':
      return yield* directory(finding)
    case 'segment':
      return yield* segment(finding)
    case 'record':
      return yield record(finding)
    case 'gap':
      return yield gap(finding.offset, finding.bytes)
    case 'segmentEnd':
      return yield segmentEnd(finding)
    case 'snapshot':
      return yield* snapshot(finding)
    case 'other':
      return yield `${finding.file}: ${finding.what}`
    case 'problem': {
      const { file, offset, reason, advice } = finding
      yield ''
      yield `PROBLEM  ${file}${offset === undefined ? '' : ` at byte ${offset}`}`
      yield `  ${reason}`
      return yield `  What to do: ${advice}.`
    }
    case 'verdict':
      return yield* verdict(finding)
    default:
      return finding satisfies never
  }
}

function* directory({ directory, inUse, format }: FoundDirectory): Generator<string> {
  yield directory
  if (format !== undefined) {
    const { clusterId, nodeId, incarnation, members } = format
    yield `  node ${quoted(nodeId)} of cluster ${quoted(clusterId)}, incarnation ${incarnation}`
    yield `  first members: ${members.map(({ id, address, role }) => `${quoted(id)} at ${quoted(address)} (${role})`).join(', ')}`
  }
  yield `  ${IN_USE[inUse]}`
}

const IN_USE = {
  yes: 'IN USE: a node has it open; what it is writing now may look unfinished',
  no: 'not in use',
  unknown: 'perhaps in use: this process may not ask',
}

function* segment({ file, bytes, header }: FoundSegment): Generator<string> {
  yield ''
  yield `${file}  ${bytes} bytes`
  if (header === undefined) return yield '  no whole header: nothing in it counts'
  const { crc, salt, firstBatch, firstIndex, previousTerm, hardState, generation, restart } = header
  const before =
    firstIndex === 1 ? 'the log begins here' : `behind index ${firstIndex - 1} of term ${previousTerm}`
  yield `  header crc ${crc}, salt ${salt}; from batch ${firstBatch} on; ${before}; ${hardStateOf(hardState, generation)}`
  if (restart) yield '  the log before it was given up in favour of a snapshot'
}

/** Above the records of a segment. */
export const HEADINGS: string = row(['at', 'bytes', 'crc', 'batch ', 'record', 'what'])

function record(found: FoundRecordData): string {
  const { offset, bytes, crc, batch, last } = found
  // A dot: more of its batch follows.
  const number = `${batch}${last ? ' ' : '.'}`
  return row([String(offset), String(bytes), crc, number, ...kindAndContent(found)])
}

function kindAndContent(found: FoundRecordData): [string, string] {
  switch (found.kind) {
    case 'hardState':
      return ['hard state', hardStateOf(found.hardState, found.generation)]
    case 'truncation':
      return ['truncation', `from ${found.from} on; term before it ${found.termBefore}`]
    case 'block': {
      const { firstIndex, lastIndex, blockFirstIndex, term, blockCrc } = found
      const skipped = blockFirstIndex < firstIndex ? `, begins at ${blockFirstIndex}` : ''
      return ['entries', `${firstIndex}-${lastIndex} of term ${term}; block crc ${blockCrc}${skipped}`]
    }
  }
}

function gap(offset: number, bytes: number): string {
  const what = bytes === 0 ? 'the next record belongs elsewhere' : `${bytes} bytes are no whole record`
  return row([String(offset), String(bytes), '', '', 'GAP', what])
}

function segmentEnd({ end, records, batches, bytesBehind, behind }: FoundSegmentEnd): string {
  const rest = {
    nothing: 'nothing behind',
    zeros: `${bytesBehind} bytes of zeros behind`,
    other: `${bytesBehind} bytes behind that are no whole batch`,
  }[behind]
  const whole = `${counted(records, 'whole record')}, ${counted(batches, 'whole batch', 'whole batches')}`
  return `  ${whole} up to byte ${end}; ${rest}`
}

function* snapshot({
  file,
  bytes,
  index,
  term,
  timestamp,
  members,
  contentBytes,
}: FoundSnapshot): Generator<string> {
  yield ''
  yield `${file}  ${bytes} bytes`
  const ids = members.map(({ id }) => quoted(id)).join(', ')
  yield `  whole: up to index ${index} of term ${term}, ${contentBytes} bytes of state, timestamp ${timestamp}, members ${ids}`
}

function* verdict({ opens, problems, state }: Verdict): Generator<string> {
  yield ''
  if (state !== undefined) {
    const { hardState, generation, runs, snapshot } = state
    yield `${hardStateOf(hardState, generation)}; ${entriesOf(runs)}; ${
      snapshot === undefined ? 'no snapshot' : `snapshot up to ${snapshot.index}`
    }`
  }
  if (opens === 'yes') yield problems === 0 ? 'OK' : `It opens, with ${counted(problems, 'damaged file')}`
  else if (opens === 'refused') yield `REFUSED: no node starts on it; ${counted(problems, 'problem')}`
  else yield 'It changed while it was read, each time: stop the node to be sure'
}

function entriesOf(runs: readonly Run[]): string {
  if (runs.length === 0) return 'no entries'
  const terms = runs.map(({ firstIndex, lastIndex, term }) => `${firstIndex}-${lastIndex} of term ${term}`)
  // Its beginning says little.
  const some = terms.length > 6 ? ['…', ...terms.slice(-5)] : terms
  return `entries ${some.join(', ')}`
}

/** The generation where there is something to say: the cluster was recovered. */
function hardStateOf({ currentTerm, votedFor }: HardState, generation: number): string {
  const vote = votedFor === undefined ? 'no vote' : `vote for ${quoted(votedFor)}`
  return `term ${currentTerm}, ${vote}${generation === 0 ? '' : `, generation ${generation}`}`
}

export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

function row([at, bytes, crc, batch, kind, what]: string[]): string {
  return `${at!.padStart(12)} ${bytes!.padStart(9)}  ${crc!.padEnd(8)} ${batch!.padStart(10)}  ${kind!.padEnd(11)} ${what}`.trimEnd()
}

export function quoted(text: string): string {
  return JSON.stringify(text)
}

/** Nothing in it steers a terminal. */
export function escaped(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) => {
    return `\\u${one.codePointAt(0)!.toString(16).padStart(4, '0')}`
  })
}

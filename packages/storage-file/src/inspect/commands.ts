// `inspect` and `verify`: what is printed, and the exit code.
import { resolve } from 'node:path'
import { nodeFileSystem } from '../node-file-system.js'
import { asText, counted, HEADINGS } from './as-text.js'
import type { Finding, FoundDirectory, Problem, Verdict } from './findings.js'
import { inspectDirectory } from './inspect-directory.js'

/** README.md explains them. */
export const ExitCode = { Whole: 0, Damaged: 1, Usage: 2, NotRead: 3, NotWritten: 4, Refused: 5 } as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** Resolves when more may be printed. */
export type Print = (line: string) => Promise<void>

export interface InspectFlags {
  readonly json?: true
  /** False: leaves out what is said of single records. */
  readonly records: boolean
}

/** @throws NoStorage, and what the system says when it cannot be read */
export async function inspect(
  directory: string,
  { json, records }: InspectFlags,
  print: Print,
): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.Whole
  for await (const finding of inspectDirectory(nodeFileSystem(), resolve(directory))) {
    if (finding.type === 'verdict') exitCode = exitCodeOf(finding)
    if (!records && finding.type === 'record') continue
    for (const line of json ? [JSON.stringify(finding)] : asText(finding)) await print(line)
    if (!json && records && finding.type === 'segment' && finding.header !== undefined) await print(HEADINGS)
  }
  return exitCode
}

/** @throws NoStorage, and what the system says when it cannot be read */
export async function verify(
  directory: string,
  { json }: { readonly json?: true },
  print: Print,
): Promise<ExitCode> {
  const counts = { segments: 0, batches: 0, records: 0, gaps: 0, snapshots: 0 }
  const problems: Problem[] = []
  let found: FoundDirectory | undefined
  let verdict: Verdict | undefined
  for await (const finding of inspectDirectory(nodeFileSystem(), resolve(directory))) {
    count(counts, finding)
    if (finding.type === 'directory') found = finding
    if (finding.type === 'problem') problems.push(finding)
    if (finding.type === 'verdict') verdict = finding
  }
  if (json) {
    const { type: _, ...about } = found!
    const { opens, state } = verdict!
    await print(JSON.stringify({ ...about, opens, state, counts, problems }))
    return exitCodeOf(verdict!)
  }
  for (const finding of [found!, ...problems]) for (const line of asText(finding)) await print(line)
  const { segments, batches, records, gaps, snapshots } = counts
  const log = `${counted(records, 'whole record')} in ${counted(batches, 'batch', 'batches')}`
  const rest = `${counted(gaps, 'gap')}, ${counted(snapshots, 'whole snapshot')}`
  await print(`\nread ${counted(segments, 'segment')}: ${log}, ${rest}`)
  for (const line of asText(verdict!)) await print(line)
  return exitCodeOf(verdict!)
}

function count(
  counts: { segments: number; batches: number; records: number; gaps: number; snapshots: number },
  finding: Finding,
): void {
  if (finding.type === 'segment') counts.segments++
  if (finding.type === 'gap') counts.gaps++
  if (finding.type === 'snapshot') counts.snapshots++
  if (finding.type !== 'segmentEnd') return
  counts.batches += finding.batches
  counts.records += finding.records
}

function exitCodeOf({ opens, problems }: Verdict): ExitCode {
  if (opens === 'changing') return ExitCode.NotRead
  return opens === 'yes' && problems === 0 ? ExitCode.Whole : ExitCode.Damaged
}

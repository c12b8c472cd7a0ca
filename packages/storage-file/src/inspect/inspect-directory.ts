// Looks at a storage's directory and tells what it finds. It opens files to read, and changes nothing.
import { withFile } from '../calls.js'
import { isLocked } from '../directory-lock.js'
import type { FileSystem } from '../file-system.js'
import { readFormat } from '../format-file.js'
import {
  FORMAT_NAME,
  type SnapshotName,
  segmentName,
  segmentsAmong,
  snapshotsAmong,
  sparesAmong,
} from '../names.js'
import { readSnapshotContent, readSnapshotHeader, type SnapshotOwner } from '../snapshot-file.js'
import type { Finding, FoundDirectory, FoundOther, Problem, Verdict } from './findings.js'
import { inspectSegment } from './inspect-segment.js'
import { codeOf, type Judgement, judge, problemOf } from './judge.js'

const SPARED =
  'Opening does without it, and nothing is lost: the next snapshots replace it. Look at the disk, it may be failing'

/** There is no storage in the directory. */
export class NoStorage extends Error {
  override readonly name: string = 'NoStorage'
}

/**
 * The directory, its segments with their records, its snapshots and other files, its problems, and last the verdict.
 * @throws NoStorage, and what the system says when it cannot be read
 */
export async function* inspectDirectory(
  fileSystem: FileSystem,
  directory: string,
): AsyncGenerator<Finding, void, undefined> {
  const names = (await fileSystem.list(directory)).sort()
  const segments = segmentsAmong(names).map(segmentName)
  const snapshots = snapshotsAmong(names)
  const hasFormat = names.includes(FORMAT_NAME)
  if (!hasFormat && segments.length === 0 && snapshots.length === 0) {
    throw new NoStorage(`${directory}: there is no storage in it`)
  }
  const isInUse = await isLocked(directory)
  const inUse = isInUse === undefined ? 'unknown' : isInUse ? 'yes' : 'no'
  const format = hasFormat ? await formatOf(fileSystem, directory) : undefined
  yield { type: 'directory', directory, inUse, format }
  // Who may not ask whether it is in use must believe that it is.
  const judging = new Judging(fileSystem, directory, isInUse !== false)
  for (const file of segments) {
    yield* judging.unlessRemoved(file, inspectSegment(fileSystem, `${directory}/${file}`, file))
  }
  for (const snapshot of snapshots) {
    yield* judging.unlessRemoved(snapshot.name, inspectSnapshot(fileSystem, directory, snapshot, format))
  }
  const known = new Set([FORMAT_NAME, ...segments, ...snapshots.map(({ name }) => name)])
  for (const file of names) if (!known.has(file)) yield { type: 'other', file, what: kindOf(file) }
  yield* judging.end()
}

/** Undefined when it is damaged: the verdict says so. */
async function formatOf(fileSystem: FileSystem, directory: string): Promise<FoundDirectory['format']> {
  try {
    return await readFormat(fileSystem, directory)
  } catch (error) {
    problemOf(error, directory)
    return undefined
  }
}

function kindOf(file: string): FoundOther['what'] {
  if (file.startsWith('lock-')) return 'lock'
  if (sparesAmong([file]).length > 0) return 'spare'
  return file.endsWith('.tmp') ? 'unfinished' : 'not of this storage'
}

async function* inspectSnapshot(
  fileSystem: FileSystem,
  directory: string,
  { name: file }: SnapshotName,
  owner: SnapshotOwner | undefined,
): AsyncGenerator<Finding, void, undefined> {
  if (owner === undefined) return
  const path = `${directory}/${file}`
  const found = await withFile(fileSystem, path, 'read', async (opened) => {
    const header = await readSnapshotHeader(fileSystem, opened, path, owner)
    let contentBytes = 0
    for await (const chunk of readSnapshotContent(fileSystem, opened, path, header))
      contentBytes += chunk.length
    return { bytes: await fileSystem.size(opened), contentBytes, ...header.metadata }
  })
  yield { type: 'snapshot', file, ...found }
}

/** Collects what is wrong on the way, and asks in the end what opening would say. */
class Judging {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #isInUse: boolean
  readonly #damaged: Problem[] = []

  constructor(fileSystem: FileSystem, directory: string, isInUse: boolean) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#isInUse = isInUse
  }

  async *unlessRemoved(file: string, findings: AsyncIterable<Finding>): AsyncGenerator<Finding> {
    try {
      yield* findings
    } catch (error) {
      if (this.#isInUse && codeOf(error) === 'ENOENT')
        yield { type: 'other', file, what: 'removed meanwhile' }
      else this.#damaged.push(problemOf(error, `${this.#directory}/${file}`))
    }
  }

  async *end(): AsyncGenerator<Finding> {
    const judgement = await judge(this.#fileSystem, this.#directory, this.#isInUse)
    const problems = this.#problems(judgement)
    yield* problems
    yield verdictOf(judgement, problems.length)
  }

  #problems(judgement: Judgement): Problem[] {
    if (judgement === 'changing') return []
    if ('reason' in judgement) {
      const others = this.#damaged.filter(
        ({ file, reason }) => file !== judgement.file && reason !== judgement.reason,
      )
      return [judgement, ...others]
    }
    return this.#damaged.map((problem) => ({ ...problem, advice: SPARED }))
  }
}

function verdictOf(judgement: Judgement, problems: number): Verdict {
  if (judgement === 'changing') return { type: 'verdict', opens: 'changing', problems, state: undefined }
  if ('reason' in judgement) return { type: 'verdict', opens: 'refused', problems, state: undefined }
  const { state, snapshots } = judgement
  const { hardState, generation, log } = state
  return {
    type: 'verdict',
    opens: 'yes',
    problems,
    state: { hardState, generation, runs: log.runs(), snapshot: snapshots.newest },
  }
}

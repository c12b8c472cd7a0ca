// Opens a directory: format or recognise it, read everything, decide what serves, and only then change anything.
import { type EntryBlock, RaftError, type StorageIdentity, type StoredState } from '@riverraft/core'
import { sync, withFile, write } from './calls.js'
import { corrupt } from './errors.js'
import type { FileSystem } from './file-system.js'
import { checkIdentity, readFormat, writeFormat } from './format-file.js'
import {
  FORMAT_NAME,
  segmentName,
  segmentsAmong,
  snapshotName,
  snapshotsAmong,
  spareName,
  sparesAmong,
  UNFINISHED,
} from './names.js'
import { type RecoveredLog, recoverLog, type Segment } from './recover-log.js'
import { Snapshots } from './snapshots.js'

export interface OpenedDirectory {
  readonly formatted: boolean
  /** As stored. */
  readonly identity: StorageIdentity
  readonly state: RecoveredLog
  readonly snapshots: Snapshots
  /** Numbers of the spare segments that can be used. */
  readonly spares: readonly number[]
}

/**
 * Also where there is no directory. Before it is locked: nothing is left in one that was given by mistake.
 * @throws RaftError ERR_STORAGE_EMPTY
 */
export async function refuseEmpty(fileSystem: FileSystem, directory: string): Promise<void> {
  const names = await fileSystem.list(directory).catch((error: NodeJS.ErrnoException): readonly string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (names.includes(FORMAT_NAME) || segmentsAmong(names).length > 0 || snapshotsAmong(names).length > 0)
    return
  throw new RaftError('ERR_STORAGE_EMPTY', `${directory}: there is no storage in it`)
}

/** The directory exists and is locked. */
export async function openDirectory(
  fileSystem: FileSystem,
  directory: string,
  wanted: StorageIdentity,
): Promise<OpenedDirectory> {
  const names = await fileSystem.list(directory)
  const opened = await readDirectory(fileSystem, directory, names, wanted)
  const { formatted, identity, state, snapshots } = opened
  await removeUnfinished(fileSystem, directory, names, opened)
  if (formatted) await writeFormat(fileSystem, directory, identity)
  else await syncAll(fileSystem, directory, snapshots, state)
  return opened
}

/**
 * What opening finds, and decides; it changes nothing.
 * @throws RaftError ERR_STORAGE_CORRUPT, ERR_STORAGE_IDENTITY
 */
export async function readDirectory(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  wanted: StorageIdentity,
): Promise<OpenedDirectory> {
  const formatted = !names.includes(FORMAT_NAME)
  if (formatted && (segmentsAmong(names).length > 0 || snapshotsAmong(names).length > 0)) {
    throw corrupt(
      `${directory}/${FORMAT_NAME}`,
      undefined,
      'the file is missing, yet there are segments or snapshots',
    )
  }
  const identity = formatted ? wanted : await readFormat(fileSystem, directory)
  checkIdentity(directory, identity, wanted)
  const snapshots = new Snapshots(fileSystem, directory, identity)
  await snapshots.find(names)
  const state = await recoverLog(fileSystem, directory, names, identity)
  reconcile(directory, snapshots, state)
  return { formatted, identity, state, snapshots, spares: formatted ? [] : sparesAmong(names) }
}

/** `last`: the log's last block. */
export function storedStateOf(
  { formatted, identity: { incarnation, members }, state, snapshots }: OpenedDirectory,
  last: EntryBlock | undefined,
): StoredState {
  const { log, hardState, generation } = state
  return {
    formatted,
    incarnation,
    members,
    hardState,
    generation,
    runs: log.runs(),
    memberships: log.memberships,
    snapshot: snapshots.newest,
    lastTimestamp: last?.timestamp ?? 0,
  }
}

/** Log and snapshot must fit together without a gap. */
function reconcile(directory: string, snapshots: Snapshots, state: RecoveredLog): void {
  const { log } = state
  const { newest, damaged } = snapshots
  for (const { name, index, term, error } of damaged) {
    // An older one, or none, may stand in only when the log has everything the damaged one had.
    if (log.termAt(index) !== term || index <= log.base.index) {
      throw corrupt(
        `${directory}/${name}`,
        undefined,
        'the snapshot is damaged, and the log does not replace it',
        error,
      )
    }
  }
  const index = newest?.index ?? 0
  if (log.base.index > index) {
    const what = newest === undefined ? 'there is no snapshot' : `the newest snapshot ends at ${index}`
    throw corrupt(directory, undefined, `the log begins at ${log.base.index + 1}, but ${what}`)
  }
  if (newest !== undefined && log.termAt(index) !== newest.term) {
    if (damaged.length > 0) {
      throw corrupt(
        `${directory}/${snapshotName(newest)}`,
        undefined,
        'the log does not continue from the snapshot',
      )
    }
    log.restart(index, newest.term)
    state.dropped = true
  }
}

async function removeUnfinished(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  { formatted, state: { unused } }: OpenedDirectory,
): Promise<void> {
  const unfinished = names.filter((name) => name.endsWith(UNFINISHED))
  // Left of another storage: its batches have numbers that this one has not come to yet.
  if (formatted) unfinished.push(...sparesAmong(names).map(spareName))
  for (const path of [...unfinished.map((name) => `${directory}/${name}`), ...unused]) {
    await fileSystem.remove(path)
  }
}

/** What was read may only be in the page cache of this machine: a promise that follows must not rest on that. */
async function syncAll(
  fileSystem: FileSystem,
  directory: string,
  { newest }: Snapshots,
  state: RecoveredLog,
): Promise<void> {
  const { segments } = state
  const last = segments.at(-1)
  if (last !== undefined) await finish(fileSystem, directory, last, state.lastBatch!)
  // Its bytes need no memory any more.
  state.lastBatch = undefined
  const names = [FORMAT_NAME, ...segments.map(({ sequence }) => segmentName(sequence))]
  if (newest !== undefined) names.push(snapshotName(newest))
  for (const name of names) {
    await withFile(fileSystem, `${directory}/${name}`, 'write', (file) => sync(fileSystem, file))
  }
  await fileSystem.syncDirectory(directory)
}

/**
 * The last batch may be one whose write or sync failed: then its pages can be in memory, count as clean, and never reach
 * the disk, whatever is synced. Written once more, they are dirty again. What is written is what was read: by now the
 * cache may have dropped those pages. They are synced through the descriptor that wrote them, since one that is opened
 * later may not be told of an error in between.
 *
 * Nothing is appended to this segment any more, so what is behind goes: many openings cost no more room than their batches.
 */
async function finish(
  fileSystem: FileSystem,
  directory: string,
  { sequence, end }: Segment,
  { from, bytes }: NonNullable<RecoveredLog['lastBatch']>,
): Promise<void> {
  await withFile(fileSystem, `${directory}/${segmentName(sequence)}`, 'write', async (file) => {
    let position = from
    for (const record of bytes) {
      await write(fileSystem, file, record, position)
      position += record.length
    }
    await fileSystem.truncate(file, end)
    await sync(fileSystem, file)
  })
}

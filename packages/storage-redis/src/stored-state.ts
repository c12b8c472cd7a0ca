// What `open` finds, from the answers of Redis.
import type { Member, Run, SnapshotMetadata, StorageIdentity, StoredState } from '@riverraft/core'
import { readBlocks } from './blocks.js'
import { storageError } from './errors.js'
import type { Settings } from './options.js'
import { DROP_SNAPSHOT } from './scripts/drop-snapshot.js'
import { OPEN } from './scripts/open.js'
import { RESTART } from './scripts/restart.js'
import { Session } from './session.js'
import { type SnapshotAnswer, snapshotRecord } from './snapshots.js'

type OpenAnswer = [
  formatted: number,
  meta: Buffer[],
  runs: Buffer[],
  snapshot: SnapshotAnswer,
  unfinished: Buffer[],
]

/**
 * Takes the storage over. Costs the same for any length of the log: where its runs begin is kept in Redis.
 * @throws RaftError ERR_STORAGE_IDENTITY, ERR_STORAGE_CORRUPT, ERR_STORAGE
 */
export async function openSession(
  settings: Settings,
  identity: StorageIdentity,
): Promise<{ session: Session; state: StoredState }> {
  const session = new Session(settings)
  try {
    const { clusterId, nodeId, incarnation, members, generation = 0, mustExist } = identity
    const args = [clusterId, nodeId, incarnation, JSON.stringify(members), generation, mustExist ? 1 : 0]
    const answer = (await session.open(OPEN, args)) as OpenAnswer
    const meta = pairs(answer[1])
    session.own(meta.get('incarnation')!, meta.get('epoch')!, Number(meta.get('last')))
    for (const id of answer[4]) await session.change('open', DROP_SNAPSHOT, [id])

    const snapshot = answer[3].length === 0 ? undefined : snapshotRecord(answer[3]).metadata
    const runs = await takeLog(session, meta, pairs(answer[2]), snapshot)
    const [lastBlock] = runs.length === 0 ? [] : await readBlocks(session, session.lastIndex, 1)
    const state: StoredState = {
      formatted: answer[0] === 1,
      incarnation: meta.get('incarnation')!,
      members: JSON.parse(meta.get('members')!) as Member[],
      hardState: { currentTerm: Number(meta.get('term')), votedFor: meta.get('vote') || undefined },
      // Absent in what an earlier version has formatted.
      generation: Number(meta.get('generation') ?? 0),
      runs,
      snapshot,
      lastTimestamp: lastBlock?.timestamp ?? 0,
    }
    return { session, state }
  } catch (error) {
    await session.close()
    throw error
  }
}

/** The runs of the log, after a log of another history than the snapshot's has been dropped. */
async function takeLog(
  session: Session,
  meta: ReadonlyMap<string, string>,
  firsts: ReadonlyMap<string, string>,
  snapshot: SnapshotMetadata | undefined,
): Promise<Run[]> {
  const first = Number(meta.get('first'))
  const runs = runsOf(firsts, first, session.lastIndex)
  if (snapshot === undefined) {
    if (first === 1) return runs
    throw storageError('ERR_STORAGE_CORRUPT', `the log begins at ${first} and there is no snapshot`)
  }
  const { index, term } = snapshot
  const termThere =
    index === first - 1
      ? Number(meta.get('before-term'))
      : runs.find((run) => run.firstIndex <= index && index <= run.lastIndex)?.term
  if (termThere === term) return runs
  if (index < first - 1) {
    throw storageError('ERR_STORAGE_CORRUPT', `the log begins at ${first}, the snapshot ends at ${index}`)
  }
  session.lastIndex = Number(await session.change('open', RESTART, []))
  return []
}

/** Redis keeps the first index of each term's run; the first one may begin before the compacted log does. */
function runsOf(firsts: ReadonlyMap<string, string>, first: number, last: number): Run[] {
  const begins = [...firsts].map(([term, begin]) => ({ term: Number(term), begin: Number(begin) }))
  return begins
    .map(({ term, begin }, at) => ({
      firstIndex: Math.max(begin, first),
      lastIndex: (begins[at + 1]?.begin ?? last + 1) - 1,
      term,
    }))
    .filter((run) => run.firstIndex <= run.lastIndex)
}

/** What Redis says as a flat list of names and values. */
function pairs(flat: readonly Buffer[]): Map<string, string> {
  const found = new Map<string, string>()
  for (let at = 0; at + 1 < flat.length; at += 2) found.set(flat[at]!.toString(), flat[at + 1]!.toString())
  return found
}

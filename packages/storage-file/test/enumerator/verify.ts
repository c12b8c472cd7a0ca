// Opens a storage after a crash: what was acknowledged is there, and what opens is a valid log.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { Storage, StoredState } from '@riverraft/core'
import { contentOf, everything, identity } from '../harness/helpers.js'
import { behind, lastIndexOf, type Replica, type Snapshot, stateAt, type Told } from './told.js'

/**
 * Returns what the storage has promised by answering: what it answered.
 * @throws AssertionError, or what opening throws: no crash makes a directory that is refused
 */
export async function verify(storage: Storage, told: Told): Promise<Told> {
  const state = await storage.open({ ...identity, incarnation: 'f'.repeat(16) })
  const { incarnation, formatted, members } = state
  if (told.incarnation !== undefined) assert.deepEqual([formatted, incarnation], [false, told.incarnation])
  assert.deepEqual(members, identity.members)
  const snapshot = await snapshotOf(storage, state, told)
  const found = await replicaOf(storage, state)
  const possible = told.next === undefined ? [told.now] : [told.now, told.next]
  const expected = possible.map((replica) => from(behind(replica, snapshot), found.base))
  // The last of them: what differs is said of it.
  if (!expected.some((one) => isDeepStrictEqual(one, found))) assert.deepEqual(found, expected.at(-1))
  return { incarnation, now: found, next: undefined, snapshot, saving: undefined }
}

async function snapshotOf(
  storage: Storage,
  { snapshot }: StoredState,
  told: Told,
): Promise<Snapshot | undefined> {
  const found = snapshot && { index: snapshot.index, term: snapshot.term }
  const possible = told.saving === undefined ? [told.snapshot] : [told.snapshot, told.saving]
  if (!possible.some((one) => one?.index === found?.index && one?.term === found?.term)) {
    assert.deepEqual(found, possible[0], 'the snapshot')
  }
  if (found !== undefined) assert.equal(await contentOf(storage), stateAt(found.index).join(''))
  return found
}

async function replicaOf(storage: Storage, state: StoredState): Promise<Replica> {
  const { hardState, generation, runs, snapshot } = state
  const base = runs.length === 0 ? (snapshot?.index ?? 0) : runs[0]!.firstIndex - 1
  assert(base <= (snapshot?.index ?? 0), `the log begins behind ${base}, the snapshot ends before`)
  const entries = await everything(storage, base + 1)
  const inRuns = runs.flatMap(({ firstIndex, lastIndex, term }) =>
    Array.from({ length: lastIndex - firstIndex + 1 }, (_, i) => `${firstIndex + i}@${term}`),
  )
  assert.deepEqual(entries, inRuns)
  return { ...hardState, generation, base, entries }
}

/** Segments may have gone, as far as a snapshot allows. */
function from(replica: Replica, base: number): Replica {
  const gone = Math.max(0, base - replica.base)
  const at = Math.min(base, lastIndexOf(replica))
  return { ...replica, base: Math.max(replica.base, at), entries: replica.entries.slice(gone) }
}

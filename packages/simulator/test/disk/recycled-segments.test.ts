// The file storage over many lives on a bad disk, compacted all the time: recycled segments bring nothing back.
import { EntryKind, encodeBlock, type Storage, type StorageIdentity, type StoredState } from '@riverraft/core'
import { type FileStorage, type FileSystem, fileStorage } from '@riverraft/storage-file'
import { expect, test } from 'vitest'
import { HEALTHY } from '../../src/disk/disk-faults.js'
import { type Random, seededRandom } from '../../src/world/random.js'
import { tapesOf } from '../../src/world/tape.js'
import { inWorld, type TestDisk, testDisk } from './harness.js'

const SEEDS = 60
const LIVES = 12

const identity: StorageIdentity = {
  clusterId: 'simulation',
  nodeId: 'a',
  incarnation: '00112233445566ff',
  members: [{ id: 'a', address: 'a', role: 'voter' }],
}

/** What must be there. `log[i]` is the term of entry i + 1. */
interface Replica {
  readonly log: readonly number[]
  readonly term: number
}

interface Model {
  /** What was acknowledged, and what it becomes if the batch under way came through. */
  now: Replica
  next: Replica
  snapshot: number
}

/** How often a segment was begun in a file that had held another one, and how often the storage was opened. */
const seen = { recycled: 0, openings: 0, cutOff: 0 }

const storageOn = (fileSystem: FileSystem): FileStorage =>
  fileStorage({ directory: '/raft', segmentBytes: 4_096, fileSystem })

function write(storage: Storage, model: Model, next: Replica, from: number, padding: number): Promise<void> {
  const { log, term } = model.now
  model.next = next
  const entries = next.log
    .slice(from - 1)
    .map(() => ({ kind: EntryKind.Command, payload: new Uint8Array(padding) }))
  const block = encodeBlock({ firstIndex: from, term: next.term, timestamp: 1 }, entries)
  return new Promise((resolve, reject) => {
    const batch = {
      hardState: next.term === term ? undefined : { currentTerm: next.term, votedFor: `n${next.term}` },
      truncateFrom: from <= log.length ? from : undefined,
      blocks: [{ block, firstIndex: from }],
    }
    storage.write(batch, (error) => {
      if (error !== undefined) return reject(error)
      model.now = next
      resolve()
    })
  })
}

/** Appends, truncates, saves snapshots and compacts until something fails, or for ever. */
async function live(storage: FileStorage, model: Model, random: Random, alive: () => boolean): Promise<void> {
  while (alive()) {
    const { log, term } = model.now
    const next = term === 0 || random() < 0.2 ? term + 1 : term
    const from = next > term && log.length > model.snapshot + 3 ? log.length - 1 : log.length + 1
    const added = Array.from({ length: 1 + Math.floor(random() * 4) }, () => next)
    const { spareSegments, segments } = storage.stats()
    const replica = { log: [...log.slice(0, from - 1), ...added], term: next }
    await write(storage, model, replica, from, 50 + Math.floor(random() * 600))
    if (spareSegments > 0 && storage.stats().segments > segments) seen.recycled++
    if (random() > 0.3) continue
    const index = Math.max(model.snapshot, model.now.log.length - 2)
    if (index === 0) continue
    const metadata = { index, term: model.now.log[index - 1]!, members: identity.members, timestamp: 1 }
    await storage.saveSnapshot(
      metadata,
      (async function* () {
        yield new Uint8Array(700)
      })(),
    )
    if (!alive()) return
    model.snapshot = index
    await storage.compact(index)
  }
}

function check(model: Model, { hardState, runs, snapshot }: StoredState, seed: number): void {
  const first = runs[0]?.firstIndex ?? (snapshot?.index ?? 0) + 1
  const log = runs.flatMap((run) =>
    Array.from({ length: run.lastIndex - run.firstIndex + 1 }, () => run.term),
  )
  const expected = [model.now, model.next].map((replica) => ({
    log: replica.log.slice(first - 1),
    term: replica.term,
  }))
  expect(expected, `seed ${seed}`).toContainEqual({ log, term: hardState.currentTerm })
  expect(snapshot?.index ?? 0, `seed ${seed}`).toBeGreaterThanOrEqual(model.snapshot)
  expect(first, `seed ${seed}`).toBeLessThanOrEqual((snapshot?.index ?? 0) + 1)
  const came = hardState.currentTerm === model.next.term && log.length === model.next.log.length - first + 1
  model.now = came ? model.next : model.now
  model.next = model.now
  model.snapshot = snapshot?.index ?? 0
}

async function oneLife(
  { world, disk, boot, losePower, kill }: TestDisk,
  model: Model,
  seed: number,
  random: Random,
) {
  disk.faults = HEALTHY
  const storage = storageOn(boot())
  const state = await storage.open(identity)
  seen.openings++
  check(model, state, seed)
  disk.faults = {
    ...HEALTHY,
    jitterMs: random() < 0.3 ? 5 : 0,
    shortWrite: random() < 0.3 ? 0.2 : 0,
    failedWrite: random() < 0.3 ? 0.01 : 0,
    failedName: random() < 0.3 ? 0.01 : 0,
  }
  let alive = true
  const crash = new Promise<void>((resolve) => {
    world.after(random() * 120, () => {
      alive = false
      world.touchPromises()
      resolve()
    })
  })
  // What fails poisons: nothing more is acknowledged in this life.
  await Promise.race([live(storage, model, random, () => alive).catch(() => crash), crash])
  if (random() < 0.6) losePower()
  else kill()
}

test.each([true, false])(
  'what was acknowledged is there, and nothing else is (writes through: %s)',
  async (writesThrough) => {
    Object.assign(seen, { recycled: 0, openings: 0 })
    for (let seed = 1; seed <= SEEDS; seed++) {
      const place = testDisk(tapesOf(seed, undefined), writesThrough)
      const random = seededRandom(5, seed, Number(writesThrough))
      const model: Model = { now: { log: [], term: 0 }, next: { log: [], term: 0 }, snapshot: 0 }
      await inWorld(place.world, async () => {
        for (let life = 0; life < LIVES; life++) await oneLife(place, model, seed, random)
      })
      for (const what of ['torn write', 'power lost']) {
        if (place.world.coverage.count(`disk: ${what}`) > 0) seen.cutOff++
      }
    }
    expect(seen.openings).toBe(SEEDS * LIVES)
    expect(seen.recycled).toBeGreaterThan(SEEDS)
    expect(seen.cutOff).toBeGreaterThan(SEEDS)
  },
  60_000,
)

// The disk under the file storage: what is synced stays, of what is not any part may, and a failed sync lies.
import { expect, test } from 'vitest'
import { Volume } from '../src/disk/volume.js'
import { seededRandom } from '../src/world/random.js'
import { Tape, tapesOf } from '../src/world/tape.js'
import { World } from '../src/world/world.js'

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const newVolume = (): Volume => new Volume(new World(tapesOf(1, undefined)))
const tapeOf = (...draws: number[]): Tape => new Tape(undefined, draws)

test('what is synced survives the power', () => {
  const volume = newVolume()
  const inode = volume.create('/raft/a')
  inode.write({ position: 0, bytes: bytes(700, 7) }, false)
  inode.synced(1)
  volume.namesSynced(1)
  volume.powerLost([], tapeOf())
  expect(volume.find('/raft/a')?.cached.bytes).toEqual(bytes(700, 7))
})

test('what is not synced may be gone, and so may its name', () => {
  const volume = newVolume()
  const kept = volume.create('/raft/kept')
  volume.namesSynced(1)
  kept.write({ position: 0, bytes: bytes(10, 1) }, false)
  volume.create('/raft/new')
  volume.powerLost([], tapeOf())
  expect(volume.list('/raft')).toEqual(['kept'])
  expect(volume.find('/raft/kept')?.cached.length).toBe(0)
})

test('a process that is killed leaves what it wrote to the system', () => {
  const volume = newVolume()
  const inode = volume.create('/raft/a')
  inode.write({ position: 0, bytes: bytes(10, 1) }, false)
  volume.processDied([], tapeOf())
  expect(volume.find('/raft/a')?.cached.length).toBe(10)
})

test('a write that was under way is torn at sectors, in any combination', () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 200; seed++) {
    const volume = newVolume()
    const inode = volume.create('/raft/a')
    inode.write({ position: 0, bytes: bytes(2_048, 1) }, true)
    volume.namesSynced(1)
    const write = { position: 256, bytes: bytes(1_536, 2) }
    volume.powerLost([{ inode, write }], new Tape(seededRandom(seed)))
    const now = volume.find('/raft/a')!.cached.bytes
    // The sectors of 512 that the write touches: 256 of the first, two whole ones, 256 of the last.
    const pieces = [now[300]!, now[600]!, now[1_200]!, now[1_700]!]
    const edges: [number, number][] = [
      [256, 512],
      [512, 1_024],
      [1_024, 1_536],
      [1_536, 1_792],
    ]
    for (const [i, [from, to]] of edges.entries())
      expect(new Set(now.subarray(from, to))).toEqual(new Set([pieces[i]]))
    expect(new Set([...now.subarray(0, 256), ...now.subarray(1_792)])).toEqual(new Set([1]))
    seen.add(pieces.join(''))
  }
  expect(seen.has('1111') && seen.has('2222')).toBe(true)
  expect(seen.size).toBeGreaterThan(8)
})

test('a rename is one step, whatever becomes of it', () => {
  const volume = newVolume()
  volume.create('/raft/new')
  volume.namesSynced(1)
  volume.rename('/raft/new', '/raft/final')
  volume.powerLost([], tapeOf(0))
  expect(volume.list('/raft')).toEqual(['new'])
  volume.rename('/raft/new', '/raft/final')
  volume.powerLost([], tapeOf(1))
  expect(volume.list('/raft')).toEqual(['final'])
})

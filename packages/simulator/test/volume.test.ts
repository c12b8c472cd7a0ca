// The disk under the file storage: what is synced stays, of what is not any part may, and a failed sync lies.
import { describe, expect, test } from 'vitest'
import { Inode } from '../src/disk/inode.js'
import { Directory } from '../src/disk/names.js'
import { Volume } from '../src/disk/volume.js'
import { seededRandom } from '../src/world/random.js'
import { Tape, tapesOf } from '../src/world/tape.js'
import { World } from '../src/world/world.js'

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const tapeOf = (...draws: number[]): Tape => new Tape(undefined, draws)
const nothing = (): never[] => []

/** With a directory that is durable. */
function newVolume(): Volume {
  const volume = new Volume(new World(tapesOf(1, undefined)))
  volume.names.add('/raft', new Directory())
  volume.names.synced('/', volume.names.mark)
  return volume
}

function create({ names }: Volume, path: string): Inode {
  const inode = new Inode()
  names.add(path, inode)
  return inode
}

const syncNames = ({ names }: Volume): void => names.synced('/raft', names.mark)
const content = (volume: Volume, path = '/raft/a'): Uint8Array => volume.names.file(path).cached.bytes

describe('contents', () => {
  test('what is synced survives the power', () => {
    const volume = newVolume()
    const inode = create(volume, '/raft/a')
    inode.write({ position: 0, bytes: bytes(700, 7) })
    inode.synced(inode.mark)
    syncNames(volume)
    volume.powerLost([], tapeOf())
    expect(content(volume)).toEqual(bytes(700, 7))
  })

  test('of two syncs that overlap, the first one covers nothing that was written after it began', () => {
    const volume = newVolume()
    const inode = create(volume, '/raft/a')
    syncNames(volume)
    inode.write({ position: 0, bytes: bytes(10, 1) })
    const first = inode.mark
    inode.write({ position: 10, bytes: bytes(10, 2) })
    const second = inode.mark
    inode.synced(second)
    inode.write({ position: 20, bytes: bytes(10, 3) })
    inode.synced(first)
    volume.powerLost([], tapeOf())
    expect(content(volume)).toEqual(Uint8Array.of(...bytes(10, 1), ...bytes(10, 2)))
  })

  test('a process that is killed leaves what it wrote to the system', () => {
    const volume = newVolume()
    create(volume, '/raft/a').write({ position: 0, bytes: bytes(10, 1) })
    volume.processDied([], tapeOf())
    expect(content(volume).length).toBe(10)
  })

  test('what goes through takes along what was written there before, and cannot be overtaken by it', () => {
    const volume = newVolume()
    const inode = create(volume, '/raft/a')
    syncNames(volume)
    inode.write({ position: 0, bytes: bytes(10, 1) })
    inode.writeThrough({ position: 5, bytes: bytes(10, 2) })
    inode.synced(inode.mark)
    volume.powerLost([], tapeOf())
    expect(content(volume)).toEqual(Uint8Array.of(...bytes(5, 1), ...bytes(10, 2)))
  })

  test('a write that was under way is torn at sectors, in any combination', () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < 200; seed++) {
      const volume = newVolume()
      const inode = create(volume, '/raft/a')
      inode.writeThrough({ position: 0, bytes: bytes(2_048, 1) })
      syncNames(volume)
      const write = { position: 256, bytes: bytes(1_536, 2) }
      volume.powerLost([{ inode, write }], new Tape(seededRandom(seed)))
      const now = content(volume)
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
})

describe('after a failed sync', () => {
  /** A file whose second content failed to reach the disk; the first is durable. */
  function failed(): { volume: Volume; inode: Inode } {
    const volume = newVolume()
    const inode = create(volume, '/raft/a')
    syncNames(volume)
    inode.writeThrough({ position: 0, bytes: bytes(10, 1) })
    inode.write({ position: 0, bytes: bytes(10, 2) })
    inode.writeBackFailed(inode.mark, nothing)
    return { volume, inode }
  }

  test('processes see the data, the next sync says yes, and the power takes it', () => {
    const { volume, inode } = failed()
    volume.processDied([], tapeOf())
    expect(content(volume)).toEqual(bytes(10, 2))
    inode.synced(inode.mark)
    volume.powerLost([], tapeOf())
    expect(content(volume)).toEqual(bytes(10, 1))
  })

  test('the cache may drop it, and shows what is on the disk', () => {
    const { volume } = failed()
    volume.forgetClean()
    expect(content(volume)).toEqual(bytes(10, 1))
  })

  test('written again and synced it is there', () => {
    const { volume, inode } = failed()
    inode.write({ position: 0, bytes: bytes(10, 2) })
    inode.synced(inode.mark)
    volume.powerLost([], tapeOf())
    expect(content(volume)).toEqual(bytes(10, 2))
  })

  test('some of it may have reached the disk', () => {
    const volume = newVolume()
    const inode = create(volume, '/raft/a')
    syncNames(volume)
    inode.write({ position: 0, bytes: bytes(10, 2) })
    inode.writeBackFailed(inode.mark, ({ bytes }) => [{ position: 0, bytes: bytes.subarray(0, 4) }])
    volume.powerLost([], tapeOf())
    expect(content(volume)).toEqual(bytes(4, 2))
  })
})

describe('names', () => {
  test('what is not synced may be gone, and so may its name', () => {
    const volume = newVolume()
    const kept = create(volume, '/raft/kept')
    syncNames(volume)
    kept.write({ position: 0, bytes: bytes(10, 1) })
    create(volume, '/raft/new')
    volume.powerLost([], tapeOf())
    expect(volume.names.list('/raft')).toEqual(['kept'])
    expect(content(volume, '/raft/kept').length).toBe(0)
  })

  test('of two syncs that overlap, the first one covers no later name', () => {
    const volume = newVolume()
    const { names } = volume
    create(volume, '/raft/a')
    const first = names.mark
    create(volume, '/raft/b')
    names.synced('/raft', names.mark)
    create(volume, '/raft/c')
    names.synced('/raft', first)
    volume.powerLost([], tapeOf())
    expect(names.list('/raft')).toEqual(['a', 'b'])
  })

  test('a rename is one step, whatever becomes of it', () => {
    const volume = newVolume()
    create(volume, '/raft/new')
    syncNames(volume)
    volume.names.rename('/raft/new', '/raft/final')
    volume.powerLost([], tapeOf(0))
    expect(volume.names.list('/raft')).toEqual(['new'])
    volume.names.rename('/raft/new', '/raft/final')
    volume.powerLost([], tapeOf(1))
    expect(volume.names.list('/raft')).toEqual(['final'])
  })

  test('a directory that was not synced vanishes with all that is in it, synced or not', () => {
    const volume = newVolume()
    const { names } = volume
    names.add('/other', new Directory())
    create(volume, '/other/a')
    names.synced('/other', names.mark)
    volume.powerLost([], tapeOf())
    expect(names.find('/other')).toBeUndefined()
    expect(names.find('/other/a')).toBeUndefined()
    expect(names.find('/raft')).toBeDefined()
  })

  test('a failed sync may have kept a later change and not an earlier one; the next sync makes up for it', () => {
    for (const again of [false, true]) {
      const volume = newVolume()
      const { names } = volume
      create(volume, '/raft/a.tmp')
      names.rename('/raft/a.tmp', '/raft/a')
      create(volume, '/raft/b')
      const kept = [false, true, false]
      names.syncFailed('/raft', names.mark, () => kept.shift()!)
      if (again) names.synced('/raft', names.mark)
      volume.powerLost([], tapeOf())
      expect(names.list('/raft')).toEqual(again ? ['a', 'b'] : ['a'])
    }
  })
})

// Disks and wirings that break a promise, so that the enumerator can show that it notices.
import type { Done, File, FileStorage, OpenMode } from '../../src/index.js'
import type { MakeDisk } from './enumerate.js'
import type { Operation } from './operations.js'
import { RecordingDisk } from './recording-disk.js'
import type { Wiring } from './session.js'

interface Sabotage {
  readonly disk?: MakeDisk
  readonly wiring?: Wiring
  /** Where it does harm; both when it is not said. */
  readonly writesThrough?: boolean
}

const NAME_CHANGES: ReadonlySet<Operation['type']> = new Set(['create', 'rename', 'remove'])

class NoSync extends RecordingDisk {
  override sync(_file: File, done: Done): void {
    void this.turns().then(() => done())
  }
}

class NoSnapshotSync extends RecordingDisk {
  override sync(file: File, done: Done): void {
    if (this.pathOf(file).includes('.snap')) void this.turns().then(() => done())
    else super.sync(file, done)
  }
}

/** It answers, and syncs afterwards. */
class EarlySync extends RecordingDisk {
  override sync(file: File, done: Done): void {
    super.sync(file, () => {})
    done()
  }
}

class NoDirectorySync extends RecordingDisk {
  override async syncDirectory(): Promise<void> {
    await this.turns()
  }
}

/** A rename is on its way for ever; creating and removing are synced. */
class RenamesNeverDurable extends RecordingDisk {
  protected override record(operation: Operation): number {
    const before =
      operation.type === 'namesSynced' ? this.operations.findIndex(({ type }) => type === 'rename') : -1
    return super.record(before < 0 ? operation : { type: 'namesSynced', before })
  }
}

/** What was read when opening is left as it was: perhaps in the cache alone. */
class OpensWithoutSync extends RecordingDisk {
  readonly #asRead = new Set<File>()

  override async open(path: string, mode: OpenMode): Promise<File> {
    const file = await super.open(path, mode)
    if (mode === 'write') this.#asRead.add(file)
    return file
  }

  override sync(file: File, done: Done): void {
    if (this.#asRead.has(file)) void this.turns().then(() => done())
    else super.sync(file, done)
  }
}

/** A segment's first batch is written before its name is durable. */
class NoSegmentNameSync extends RecordingDisk {
  override async syncDirectory(): Promise<void> {
    const last = this.operations.findLast(({ type }) => NAME_CHANGES.has(type))
    const path = last?.type === 'rename' ? last.to : last?.type === 'create' ? last.path : ''
    if (path.endsWith('.segment')) await this.turns()
    else await super.syncDirectory()
  }
}

/** The flag is asked for and does nothing. */
class NoWriteThrough extends RecordingDisk {
  protected override record(operation: Operation): number {
    if (operation.type === 'writtenThrough') return this.operations.length
    return super.record(operation)
  }
}

/** Says that writes go through, so that nobody syncs them. */
class FalseWriteThrough extends RecordingDisk {
  override readonly writesThrough: boolean = true
  protected override record(operation: Operation): number {
    if (operation.type === 'writtenThrough') return this.operations.length
    return super.record(operation)
  }
}

const on =
  (Disk: new (...args: ConstructorParameters<typeof RecordingDisk>) => RecordingDisk): MakeDisk =>
  (base, options, before) =>
    new Disk(base, options, before)

/** The same storage, with some of its calls made by somebody careless. */
function careless(storage: FileStorage, calls: Partial<FileStorage>): FileStorage {
  return new Proxy(storage, {
    get(target, key) {
      const own = calls[key as keyof FileStorage]
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** What `call` begins is answered at once; everything else waits until it has ended. */
function answersEarly(storage: FileStorage, call: 'write' | 'saveSnapshot'): FileStorage {
  let last: Promise<unknown> = Promise.resolve()
  return careless(storage, {
    write(batch, completed) {
      const writing = last.then(() => new Promise<void>((resolve) => storage.write(batch, () => resolve())))
      if (call === 'write') last = writing
      void (call === 'write' ? Promise.resolve() : writing).then(() => completed())
    },
    async saveSnapshot(metadata, content) {
      const saving = last.then(() => storage.saveSnapshot(metadata, content))
      if (call === 'saveSnapshot') last = saving
      else await saving
    },
    async read(from, bytesMax) {
      await last
      return storage.read(from, bytesMax)
    },
    async compact(through) {
      await last
      return storage.compact(through)
    },
    async close() {
      await last
      return storage.close()
    },
  })
}

/** The vote, and then what comes with it. */
const writesInParts: Wiring = (storage) =>
  careless(storage, {
    write({ hardState, generation, ...log }, completed) {
      storage.write({ hardState, generation, truncateFrom: undefined, blocks: [] }, (error) => {
        if (error) completed(error)
        else storage.write({ ...log, hardState: undefined }, completed)
      })
    },
  })

export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'sync does nothing': { disk: on(NoSync) },
  'sync answers before it has ended': { disk: on(EarlySync), writesThrough: false },
  'the sync of a snapshot is left out': { disk: on(NoSnapshotSync) },
  'the sync of a directory does nothing': { disk: on(NoDirectorySync) },
  'a rename never becomes durable': { disk: on(RenamesNeverDurable) },
  'O_DSYNC does nothing': { disk: on(NoWriteThrough), writesThrough: true },
  'the appender leaves out the sync it needs': { disk: on(FalseWriteThrough), writesThrough: false },
  'opening does not sync what it has read': { disk: on(OpensWithoutSync) },
  "a segment's name is not synced": { disk: on(NoSegmentNameSync) },
  'a write is acknowledged when it begins': { wiring: (storage) => answersEarly(storage, 'write') },
  'a snapshot is acknowledged when it begins': { wiring: (storage) => answersEarly(storage, 'saveSnapshot') },
  'a batch is written in two parts': { wiring: writesInParts },
}

// One file's content: as processes see it, as it is on the disk, and what is on the way from one to the other.
import { Content, type PendingWrite } from './content.js'

export const BLOCK_BYTES = 512

interface Dirty extends PendingWrite {
  readonly number: number
}

export class Inode {
  /** As processes see it. */
  readonly cached: Content = new Content()
  readonly durable: Content = new Content()
  /** Written and not on the disk, in order. */
  #dirty: Dirty[] = []
  #written = 0
  /**
   * The cache shows what counts as clean and is not on the disk: its write-back failed. No sync writes it any more; only
   * writing it again does.
   */
  deceives = false
  /** What stood in a block before it was overwritten last. */
  readonly #older = new Map<number, Uint8Array>()

  write(write: PendingWrite): void {
    this.cached.write(write)
    this.#dirty.push({ ...write, number: this.#written++ })
  }

  /** Durable when it returns, together with what was written to the same place before. */
  writeThrough(write: PendingWrite): void {
    const overlapping = this.#dirty.findLast(
      ({ position, bytes, cuts }) =>
        position < write.position + write.bytes.length &&
        (cuts === true || write.position < position + bytes.length),
    )
    if (overlapping !== undefined) this.synced(overlapping.number + 1)
    this.cached.write(write)
    this.store(write)
  }

  /** All that was written so far: what a sync that begins now is about. */
  get mark(): number {
    return this.#written
  }

  /** Everything dirty that was written before `mark` is durable now. */
  synced(mark: number): void {
    for (const write of this.#taken(mark)) this.store(write)
  }

  /** Writing it back failed: these pieces of it are on the disk, and all of it counts as clean. */
  writeBackFailed(mark: number, piecesOf: (write: PendingWrite) => readonly PendingWrite[]): void {
    for (const write of this.#taken(mark)) {
      for (const piece of piecesOf(write)) this.store(piece)
      this.deceives = true
    }
  }

  #taken(mark: number): Dirty[] {
    const count = this.#dirty.filter(({ number }) => number < mark).length
    return this.#dirty.splice(0, count)
  }

  /** On the disk itself. */
  store(write: PendingWrite): void {
    const end = Math.min(write.position + write.bytes.length, this.durable.length)
    for (let at = write.position - (write.position % BLOCK_BYTES); at < end; at += BLOCK_BYTES) {
      const block = this.durable.bytes.subarray(at, at + BLOCK_BYTES)
      if (block.some((byte) => byte !== 0)) this.#older.set(at, block.slice())
    }
    this.durable.write(write)
  }

  /** What stood in the block that begins at `at`, before; undefined when it was written once. */
  olderBlock(at: number): Uint8Array | undefined {
    return this.#older.get(at)
  }

  /** The power went: these pieces of each dirty write are on the disk, and what is on the disk is all there is. */
  powerLost(piecesOf: (write: PendingWrite) => readonly PendingWrite[]): void {
    for (const write of this.#taken(this.#written)) for (const piece of piecesOf(write)) this.store(piece)
    this.cached.become(this.durable)
    this.deceives = false
  }

  /** The cache drops what counts as clean: whoever reads it next reads it from the disk. */
  forgetClean(): void {
    this.cached.become(this.durable)
    for (const write of this.#dirty) this.cached.write(write)
    this.deceives = false
  }

  /** What processes see is on the disk. */
  get isSettled(): boolean {
    return this.#dirty.length === 0 && !this.deceives
  }
}

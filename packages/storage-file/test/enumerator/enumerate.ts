// Goes through every crash of a recording: each image that it may leave is opened, judged, written to and opened again.
import { createHash } from 'node:crypto'
import { CrashState } from './crash-state.js'
import { type ImageLimits, images, strictImage } from './images.js'
import type { Image, Operation, Recording } from './operations.js'
import { type Random, randomFrom } from './random.js'
import { type DiskOptions, RecordingDisk } from './recording-disk.js'
import { Session, type Wiring } from './session.js'
import type { Told } from './told.js'

/** Makes the disk that a process sees. */
export type MakeDisk = (base: Image, options: DiskOptions, before?: readonly Operation[]) => RecordingDisk

export interface EnumerateOptions extends ImageLimits {
  readonly writesThrough: boolean
  readonly seed: number
  /** Of so many states one is opened by a process that crashes, too. */
  readonly againEvery: number
  /** Of so many crashes one leaves the machine up: only the process dies, and the next one's machine crashes. */
  readonly deathEvery: number
  readonly disk?: MakeDisk
  readonly wiring?: Wiring
}

export interface Count {
  operations: number
  crashes: number
  /** Pairs of an image and what had been promised, each looked at once. */
  states: number
  /** Images that were left once more by a crash seen before. */
  repeated: number
}

/** What a crash has broken. */
export class Broken extends Error {
  override readonly name: string = 'Broken'
}

const plainDisk: MakeDisk = (base, options, before) => new RecordingDisk(base, options, before)

export class Enumerator {
  readonly count: Count = { operations: 0, crashes: 0, states: 0, repeated: 0 }
  readonly #options: EnumerateOptions
  readonly #random: Random
  readonly #seen = new Set<string>()

  constructor(options: EnumerateOptions) {
    this.#options = options
    this.#random = randomFrom(options.seed)
  }

  disk(base: Image = new Map(), before: readonly Operation[] = []): RecordingDisk {
    const { writesThrough, disk = plainDisk } = this.#options
    return disk(base, { writesThrough, random: this.#random }, before)
  }

  /**
   * Every crash after operation `from` of the recording.
   * @throws Broken
   */
  async enumerate({ base, operations }: Recording, from = 0, path: readonly string[] = []): Promise<void> {
    const state = new CrashState(base)
    this.count.operations += operations.length - from
    for (let at = 0; at <= operations.length; at++) {
      if (at > 0) state.advance(operations[at - 1]!, operations)
      if (at < from) continue
      this.count.crashes++
      const here = [...path, `after operation ${at} of ${operations.length}: ${saying(operations[at - 1])}`]
      for (const image of images(state, this.#options, this.#random)) {
        await this.#judge(image, state.told, here)
      }
      if (path.length === 0 && at % this.#options.deathEvery === 0) {
        await this.#processDies({ base, operations }, at, here)
      }
    }
  }

  async #judge(image: Image, told: Told, path: readonly string[]): Promise<void> {
    const key = hashOf(image, told)
    if (this.#seen.has(key)) {
      this.count.repeated++
      return
    }
    this.#seen.add(key)
    this.count.states++
    const disk = this.disk(image, [{ type: 'told', told }])
    await this.#goOn(disk, path)
    if (path.length === 1 && this.count.states % this.#options.againEvery === 0) {
      await this.enumerate(disk, 1, [...path, 'then, in the opening after it'])
    }
  }

  /** The machine goes on, with what is in its cache; the power goes while the next process runs. */
  async #processDies({ base, operations }: Recording, at: number, path: readonly string[]): Promise<void> {
    const disk = this.disk(base, operations.slice(0, at))
    await this.#goOn(disk, path)
    await this.enumerate(disk, at, [...path, 'only the process died; then, in the next one'])
  }

  /** Opens, appends, and loses everything that was not durable. */
  async #goOn(disk: RecordingDisk, path: readonly string[]): Promise<void> {
    const session = new Session(disk, this.#options.wiring)
    try {
      await session.open()
      const { currentTerm } = disk.told.now
      await session.write({ vote: { currentTerm: currentTerm + 1, votedFor: 'c' }, blocks: [1] })
      await session.write({ blocks: [2], entryBytes: 20 })
      const state = new CrashState(disk.base)
      for (const operation of disk.operations) state.advance(operation, disk.operations)
      const again = this.disk(strictImage(state), [{ type: 'told', told: disk.told }])
      await new Session(again).open()
    } catch (error) {
      const { message } = error as Error
      throw new Broken(`${path.join('\n  ')}:\n${message}`, { cause: error })
    } finally {
      await session.close()
    }
  }
}

function saying(operation: Operation | undefined): string {
  if (operation === undefined) return 'nothing was done yet'
  return JSON.stringify(operation, (key, value) => (key === 'bytes' ? undefined : value))
}

function hashOf(image: Image, told: Told): string {
  const hash = createHash('sha1').update(JSON.stringify(told))
  for (const path of [...image.keys()].sort()) hash.update(`\n${path}\n`).update(image.get(path)!)
  return hash.digest('base64')
}

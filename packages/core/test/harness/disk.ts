// One server's storage: a durable image, and writes on their way to it, which a crash may lose.
import type { HardState, Persist } from '../../src/consensus/index.js'
import type { Entry } from './entry.js'

interface Write {
  readonly persist: Persist
  readonly entries: readonly Entry[]
}

export class Disk {
  hardState: HardState = { currentTerm: 0, votedFor: undefined }
  entries: Entry[] = []
  inFlight: Write[] = []

  start(persist: Persist, entries: readonly Entry[]): void {
    this.inFlight.push({ persist, entries })
  }

  /** The oldest write reaches the image. Returns its number. */
  complete(): number {
    const { persist, entries } = this.inFlight.shift()!
    if (persist.hardState !== undefined) this.hardState = persist.hardState
    const { truncateFrom } = persist
    if (truncateFrom !== undefined) {
      if (truncateFrom > this.entries.length) throw new Error(`truncates ${truncateFrom}, which is not there`)
      this.entries.length = truncateFrom - 1
    }
    if (entries.length > 0 && entries[0]!.index !== this.entries.length + 1) {
      throw new Error(`write ${persist.write} leaves a hole before ${entries[0]!.index}`)
    }
    this.entries.push(...entries)
    return persist.write
  }

  /** Power fails: of the writes under way the first `reached` have got to the image, though nobody was told. */
  crash(reached: number): void {
    for (let i = 0; i < reached && this.inFlight.length > 0; i++) this.complete()
    this.inFlight = []
  }
}

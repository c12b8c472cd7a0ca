// One server's storage: a durable image, and writes on their way to it, which a crash may lose.
import type { HardState, Persist, Run, SnapshotPoint, Term } from '../../src/consensus/index.js'
import { type Entry, runsOf } from './entry.js'

interface Write {
  readonly persist: Persist
  readonly entries: readonly Entry[]
  /** What a snapshot stands for, when the log begins anew behind it. */
  readonly behind: readonly Entry[] | undefined
}

/** Its content is the entries it stands for: checkers compare them. */
export interface Snapshot {
  readonly point: SnapshotPoint
  readonly entries: readonly Entry[]
}

export class Disk {
  hardState: HardState = { currentTerm: 0, votedFor: undefined }
  /** All that was ever in the log and not cut off, also what the server has let go of. */
  entries: Entry[] = []
  inFlight: Write[] = []
  snapshot: Snapshot | undefined
  /** The log is forgotten up to here. */
  #forgotten = 0
  /** The next entries begin the log anew behind these. */
  #behind: readonly Entry[] | undefined

  start(persist: Persist, entries: readonly Entry[]): void {
    const behind = entries.length > 0 ? this.#behind : undefined
    if (entries.length > 0) this.#behind = undefined
    this.inFlight.push({ persist, entries, behind })
  }

  /** "Discard the entire log", with the next entries: it goes on behind these, which a snapshot replaces. */
  restartBehind(entries: readonly Entry[], term: Term): void {
    if (entries.at(-1)!.term !== term) throw new Error(`restarts behind ${entries.length} of another term`)
    this.#behind = entries
  }

  /** What opening it shows: the log, or the snapshot in its place when the log lacks the snapshot's last entry. */
  get log(): readonly Entry[] {
    const { snapshot } = this
    return snapshot !== undefined && this.#lacks(snapshot) ? snapshot.entries : this.entries
  }

  /** The log as storage tells it at start, without what it has forgotten. */
  open(): Run[] {
    if (this.log !== this.entries) {
      this.entries = [...this.log]
      this.#forgotten = this.entries.length
    }
    return runsOf(this.entries.slice(this.#forgotten))
  }

  #lacks({ entries }: Snapshot): boolean {
    return this.entries[entries.length - 1] !== entries.at(-1)
  }

  /** In pieces of four entries, as a real one forgets segments. */
  forget(through: number): void {
    this.#forgotten = Math.max(this.#forgotten, through - (through % 4))
  }

  /** The oldest write reaches the image. Returns its number. */
  complete(): number {
    const { persist, entries, behind } = this.inFlight.shift()!
    if (persist.hardState !== undefined) this.hardState = persist.hardState
    const { truncateFrom } = persist
    if (truncateFrom !== undefined) {
      if (truncateFrom > this.entries.length) throw new Error(`truncates ${truncateFrom}, which is not there`)
      this.entries.length = truncateFrom - 1
    }
    if (behind !== undefined) {
      this.entries = [...behind]
      this.#forgotten = behind.length
    }
    if (entries.length > 0) this.#append(persist.write, entries)
    return persist.write
  }

  #append(write: number, entries: readonly Entry[]): void {
    const { index } = entries[0]!
    if (index !== this.entries.length + 1) throw new Error(`write ${write} leaves a hole before ${index}`)
    this.entries.push(...entries)
  }

  /** Power fails: of the writes under way the first `reached` have got to the image, though nobody was told. */
  crash(reached: number): void {
    for (let i = 0; i < reached && this.inFlight.length > 0; i++) this.complete()
    this.inFlight = []
    this.#behind = undefined
  }
}

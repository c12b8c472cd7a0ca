// Linearizable reads of this node: batched into one ReadIndex request a turn, asked again under a new id when needed.
import type { LogIndex } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { Answers, Waiter } from './answers.js'
import type { Consistency } from './types.js'

/** A read that waits: first for a read index, then for that index to be applied. */
export interface Read {
  readonly waiter: Waiter<unknown>
  readonly query: () => unknown
  readonly deadline: number
  /** Applied at least this far before the query runs. */
  minIndex: LogIndex
  /** How a leader is asked; 'local' asks nobody. */
  readonly consistency: Consistency
}

/** All reads of one question are of one consistency. */
export interface Question {
  readonly readId: number
  readonly lease: boolean
}

interface Asked {
  reads: readonly Read[]
  readonly at: number
}

/** Questions under way. A leader without a quorum answers none of them: more would only pile up. */
const QUESTIONS_MAX = 1_000

export class Reads {
  readonly #answers: Answers
  readonly #max: number
  /** A lost question or answer is repeated after this long. */
  readonly #retryMs: number
  /** Waiting for a leader to ask. */
  readonly #waiting = new Set<Read>()
  readonly #asked = new Map<number, Asked>()
  /** Have their index and wait for it to be applied. */
  readonly #indexed = new Set<Read>()
  #nextId: number
  count = 0

  /** `firstId` is random: an answer to an earlier process of this node must not be taken for one of this. */
  constructor(answers: Answers, max: number, retryMs: number, firstId: number) {
    this.#answers = answers
    this.#max = max
    this.#retryMs = retryMs
    this.#nextId = firstId
  }

  /** Somebody waits for a question to be asked, and it may be. */
  get canAsk(): boolean {
    return this.#waiting.size > 0 && this.#asked.size < QUESTIONS_MAX
  }

  /** @throws RaftError ERR_OVERLOADED */
  add(read: Read): void {
    if (this.count >= this.#max)
      throw new RaftError('ERR_OVERLOADED', `${this.count} reads are waiting, the limit`)
    this.count++
    if (read.consistency === 'local') this.#indexed.add(read)
    else this.#waiting.add(read)
  }

  /** All waiting reads of one consistency as one question, under an id that was never used before. */
  ask(now: number): Question {
    const readId = this.#nextId++
    const waiting = [...this.#waiting]
    const consistency = waiting[0]?.consistency
    const reads = waiting.filter((read) => read.consistency === consistency)
    this.#asked.set(readId, { reads, at: now })
    for (const read of reads) this.#waiting.delete(read)
    return { readId, lease: consistency === 'lease' }
  }

  /** The leader has confirmed: these reads see everything up to readIndex. */
  answered(readIds: readonly number[], readIndex: LogIndex): void {
    for (const readId of readIds) {
      for (const read of this.#take(readId)) {
        read.minIndex = Math.max(read.minIndex, readIndex)
        this.#indexed.add(read)
      }
    }
  }

  /** Nobody could confirm: they wait for a leader again. */
  refused(readIds: readonly number[]): void {
    for (const readId of readIds) for (const read of this.#take(readId)) this.#waiting.add(read)
  }

  /** Takes back what was asked too long ago: the question or the answer is lost, or its leader is. */
  retry(now: number): void {
    for (const [readId, { at }] of this.#asked) if (at + this.#retryMs <= now) this.refused([readId])
  }

  /** A new leader stands: questions to an earlier one are asked again. */
  leaderChanged(): void {
    this.refused([...this.#asked.keys()])
  }

  /** When `retry` has something to do, Infinity when never. */
  get retryAt(): number {
    const oldest = this.#asked.values().next().value
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.at + this.#retryMs
  }

  #take(readId: number): readonly Read[] {
    const asked = this.#asked.get(readId)
    this.#asked.delete(readId)
    return asked?.reads.filter((read) => !read.waiter.settled) ?? []
  }

  /** Runs the queries whose index is applied. A throwing query is its caller's error. */
  run(lastApplied: LogIndex): void {
    if (this.#indexed.size === 0) return
    // A query may ask for another read: its turn is the next one.
    for (const read of [...this.#indexed]) {
      if (read.minIndex > lastApplied) continue
      this.#indexed.delete(read)
      this.count--
      try {
        read.waiter.succeed(read.query(), this.#answers)
      } catch (error) {
        read.waiter.fail(error ?? new Error('the query threw nothing'), this.#answers)
      }
    }
  }

  /** A read has no effect, so giving it up is always certain. */
  giveUp(read: Read, error: RaftError): void {
    if (read.waiter.settled) return
    this.count--
    read.waiter.fail(error, this.#answers)
    this.#waiting.delete(read)
    this.#indexed.delete(read)
  }

  #all(): Read[] {
    return [...this.#waiting, ...this.#indexed, ...[...this.#asked.values()].flatMap(({ reads }) => reads)]
  }

  /** Gives up what is past its deadline; returns the earliest deadline that remains. */
  sweep(now: number): number {
    let earliest = Number.POSITIVE_INFINITY
    for (const read of this.#all()) {
      if (read.waiter.settled) continue
      if (read.deadline > now) earliest = Math.min(earliest, read.deadline)
      else
        this.giveUp(
          read,
          new RaftError(
            'ERR_TIMEOUT',
            'the deadline passed before the read was confirmed by a leader and applied here',
          ),
        )
    }
    for (const asked of this.#asked.values()) asked.reads = asked.reads.filter((read) => !read.waiter.settled)
    return earliest
  }

  stop(error: RaftError): void {
    for (const read of this.#all()) this.giveUp(read, error)
    this.#asked.clear()
  }
}

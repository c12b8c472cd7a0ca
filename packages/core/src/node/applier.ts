// Applies what is committed, in order, once, and hands each outcome to whoever waits for it.
import type { State } from '../consensus/index.js'
import type { LogIndex } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { CommandCodec, CommandRejected, StateMachine } from '../ports/state-machine.js'
import type { Storage } from '../ports/storage.js'
import { type EntryBlock, EntryCursor, EntryKind } from '../wire/entry-block.js'
import { BlockSource, type BlockSourceEvents } from './block-source.js'
import type { LogCache } from './log-cache.js'
import type { Proposals } from './proposals.js'

/** How long one turn may apply before sockets and timers get their chance, and how often the clock is read. */
const APPLY_MS_MAX = 8
const CLOCK_EVERY = 128

export class Applier {
  readonly #machine: StateMachine<unknown, unknown, unknown>
  readonly #codec: CommandCodec<unknown>
  readonly #log: State['log']
  readonly #cache: LogCache
  readonly #source: BlockSource
  readonly #proposals: Proposals
  readonly #now: () => number
  #cursor: { readonly block: EntryBlock; readonly at: EntryCursor } | undefined
  lastApplied: LogIndex = 0
  commitIndex: LogIndex = 0

  constructor(
    machine: StateMachine<unknown, unknown, unknown>,
    codec: CommandCodec<unknown>,
    log: State['log'],
    cache: LogCache,
    storage: Storage,
    proposals: Proposals,
    now: () => number,
    events: BlockSourceEvents,
  ) {
    this.#machine = machine
    this.#codec = codec
    this.#log = log
    this.#cache = cache
    this.#source = new BlockSource(storage, events)
    this.#proposals = proposals
    this.#now = now
  }

  /**
   * Applies up to commitIndex, or as far as time and memory allow. Returns true when it should be called again soon.
   * @throws RaftError ERR_STATE_MACHINE, ERR_UNKNOWN_ENTRY_KIND: fail stop
   */
  run(): boolean {
    const until = this.#now() + APPLY_MS_MAX
    let sinceClock = 0
    while (this.lastApplied < this.commitIndex) {
      const index = this.lastApplied + 1
      const cached = this.#cache.find(index)
      const block = cached?.block ?? this.#source.find(index)
      if (block === undefined) return false
      // Where this block's entries stop to count: an uncommitted rest may have been replaced by another block.
      const last =
        cached === undefined ? this.#lastInLog(block) : Math.min(this.commitIndex, cached.lastIndex)
      if (last < index) {
        this.#source.clear()
        continue
      }
      const cursor = this.#cursorAt(block, index)
      while (this.lastApplied < last) {
        this.#apply(block, cursor)
        this.lastApplied = cursor.index
        // Positioned at the entry to apply next, if this block has one.
        cursor.next()
        // Counted across blocks: a log of one-entry blocks must not keep sockets and timers from their turn.
        if (++sinceClock % CLOCK_EVERY === 0 && this.#now() > until)
          return this.lastApplied < this.commitIndex
      }
    }
    return false
  }

  /** A fetched block may have been truncated meanwhile: an entry is the log's only if index and term are (§5.3). */
  #lastInLog({ lastIndex, term }: EntryBlock): LogIndex {
    const last = this.#log.lastIndexOfTermAtMost(Math.min(this.commitIndex, lastIndex), term)
    return this.#log.termAt(last) === term ? last : 0
  }

  /** A cursor that stands at `index`. */
  #cursorAt(block: EntryBlock, index: LogIndex): EntryCursor {
    if (this.#cursor?.block === block && this.#cursor.at.index === index) return this.#cursor.at
    const at = new EntryCursor(block)
    while (at.next() && at.index < index);
    this.#cursor = { block, at }
    return at
  }

  #apply(block: EntryBlock, { index, kind, payload }: EntryCursor): void {
    const { term, timestamp } = block
    if (kind !== EntryKind.Command) {
      if (kind === EntryKind.Noop) return this.#proposals.applied(index, term, undefined, undefined)
      throw new RaftError(
        'ERR_UNKNOWN_ENTRY_KIND',
        `entry ${index} is of kind ${kind}, which this version does not know`,
      )
    }
    let result: unknown
    let rejection: CommandRejected | undefined
    try {
      const command = this.#codec.decode(payload)
      result = this.#machine.apply(command, { index, term, timestamp, session: undefined })
    } catch (cause) {
      // By name, so that a second copy of this library is understood too.
      if (!(cause instanceof Error) || cause.name !== 'CommandRejected') {
        throw new RaftError('ERR_STATE_MACHINE', `the state machine threw while applying entry ${index}`, {
          cause,
        })
      }
      rejection = cause as CommandRejected
    }
    this.#proposals.applied(index, term, result, rejection)
  }
}

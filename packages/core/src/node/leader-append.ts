// The entries that the present step appends as the leader. Consensus says where they stand, so they wait here until it has.
import type { EncodeBlock } from '../consensus/effects.js'
import type { LogIndex } from '../consensus/types.js'
import { blockBytes } from '../wire/entry-block.js'
import type { ProposedEntries } from '../wire/messages.js'
import type { Backlog } from './backlog.js'
import type { LogKeeper } from './log-keeper.js'

export class LeaderAppend {
  readonly #log: LogKeeper
  readonly #backlog: Backlog
  readonly #propose: (count: number) => void
  #entries: ProposedEntries | undefined
  #firstIndex: LogIndex | undefined

  /** `propose` steps consensus, which calls for `encode` or `refused`. */
  constructor(log: LogKeeper, backlog: Backlog, propose: (count: number) => void) {
    this.#log = log
    this.#backlog = backlog
    this.#propose = propose
  }

  /** Their first index, undefined when this node does not lead. */
  append(entries: ProposedEntries): LogIndex | undefined {
    const { commands } = entries
    this.#entries = entries
    this.#firstIndex = undefined
    this.#propose(commands.length)
    this.#entries = undefined
    if (this.#firstIndex === undefined) return undefined
    const bytes = commands.reduce((sum, command) => sum + command.length, 0)
    this.#backlog.appended(this.#firstIndex + commands.length - 1, blockBytes(commands.length, bytes))
    return this.#firstIndex
  }

  encode({ content, firstIndex, term }: EncodeBlock): void {
    this.#firstIndex = firstIndex
    this.#log.encode(content === 'noop' ? undefined : this.#entries, firstIndex, term)
  }

  refused(): void {
    this.#firstIndex = undefined
  }
}

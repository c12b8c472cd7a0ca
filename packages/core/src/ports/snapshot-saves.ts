// What every storage does alike with snapshots that are being saved: one at a time, and none outlives the storage.
import type { RaftError } from './errors.js'

/**
 * For implementations of Storage: takes the snapshots that are to be saved, one after another, and gives them up when the
 * storage is closed or poisoned, also when the next chunk never comes.
 */
export class SnapshotSaves {
  #last: Promise<void> = Promise.resolve()
  #ended: RaftError | undefined
  #interrupt: ((reason: RaftError) => void) | undefined

  /**
   * Runs `save` when those before have settled, with a content that fails when `end` is called. Rejects with what `save`
   * throws, or with the reason of the end.
   */
  save(
    content: AsyncIterable<Uint8Array>,
    save: (content: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    const saved = this.#last.then(() => {
      if (this.#ended !== undefined) throw this.#ended
      return save(this.#interruptible(content))
    })
    this.#last = saved.catch(() => {})
    return saved
  }

  /** Fails the one under way, unless all its content was taken, and all that wait; resolves when they have settled. */
  end(reason: RaftError): Promise<void> {
    this.#ended ??= reason
    this.#interrupt?.(this.#ended)
    return this.#last
  }

  async *#interruptible(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator = content[Symbol.asyncIterator]()
    let over = false
    try {
      for (;;) {
        const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          if (this.#ended !== undefined) return reject(this.#ended)
          this.#interrupt = reject
          iterator.next().then(resolve, (error: unknown) => {
            over = true
            reject(error)
          })
        })
        if (next.done) {
          over = true
          return
        }
        yield next.value
      }
    } finally {
      this.#interrupt = undefined
      // Nobody waits for it: a generator that hangs cannot be left before its next chunk comes.
      if (!over) void leave(iterator).catch(() => {})
    }
  }
}

/** Also what is thrown at once becomes a rejection: it must not take the place of the reason for leaving. */
async function leave(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  await iterator.return?.()
}

// Snapshots that are being saved: one at a time, and none outlives the storage, though its content never ends.
import type { RaftError } from '@riverraft/core'

type Content = AsyncIterable<Uint8Array>

export class SnapshotSaves {
  #last: Promise<void> = Promise.resolve()
  #ended: RaftError | undefined
  #interrupt: ((reason: RaftError) => void) | undefined

  /**
   * Runs `save` once those before have settled, with a content that fails when `end` is called. Rejects with what `save`
   * throws, or with the reason of the end.
   */
  save(content: Content, save: (content: Content) => Promise<void>): Promise<void> {
    const saved = this.#last.then(() => {
      if (this.#ended !== undefined) throw this.#ended
      return save(this.#interruptible(content))
    })
    this.#last = saved.catch(() => {})
    return saved
  }

  /** Fails the one under way, unless all its content was taken, and all that wait. */
  end(reason: RaftError): void {
    this.#ended ??= reason
    this.#interrupt?.(this.#ended)
  }

  async *#interruptible(content: Content): AsyncGenerator<Uint8Array, void, undefined> {
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
        over = next.done === true
        if (next.done) return
        yield next.value
      }
    } finally {
      this.#interrupt = undefined
      // Nobody waits for it: a generator that hangs cannot be left before its next chunk comes.
      if (!over) void Promise.resolve(iterator.return?.()).catch(() => {})
    }
  }
}

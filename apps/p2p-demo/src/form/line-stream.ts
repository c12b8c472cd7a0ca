// One forming conversation: messages as lines over a libp2p stream, bounded in bytes and in unread messages.
import type { Stream } from '@libp2p/interface'
import { RaftError } from '@riverraft/core'
import { deferred } from '../deferred.js'
import { decodeLine, encodeLine, type FormMessage, LINE_LENGTH_MAX } from './protocol.js'

/** More than anybody sends before the other end reads: beyond it the stream is cut. */
const UNREAD_MESSAGES_MAX = 64

export class LineStream {
  readonly #stream: Stream
  readonly #decoder = new TextDecoder()
  readonly #unread: FormMessage[] = []
  readonly #closed = deferred<string>()
  #partial = ''
  #wake: () => void = () => {}
  #ended: Error | undefined
  #closing = false

  constructor(stream: Stream) {
    this.#stream = stream
    // Attached at once: without a listener the library buffers up to 4 MiB.
    stream.addEventListener('message', ({ data }) => this.#take(data.subarray()))
    stream.addEventListener('end', () => this.#end('closed by the other side'))
    stream.addEventListener('close', ({ error }) => this.#end(error?.message ?? 'connection closed'))
  }

  /** Resolves with the reason when nothing more will arrive. */
  get closed(): Promise<string> {
    return this.#closed.promise
  }

  /** Says nothing when the stream is gone: `closed` tells. */
  send(message: FormMessage): void {
    if (this.#stream.status !== 'open') return
    try {
      this.#stream.send(encodeLine(message))
    } catch (error) {
      this.cut(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /**
   * The next message.
   * @throws RaftError ERR_DECODE when it is not one, ERR_TIMEOUT after `withinMs`, or the reason the stream closed.
   */
  async receive(withinMs: number, signal?: AbortSignal): Promise<FormMessage> {
    const deadline = AbortSignal.timeout(withinMs)
    const gaveUp = signal === undefined ? deadline : AbortSignal.any([deadline, signal])
    while (true) {
      const message = this.#unread.shift()
      if (message !== undefined) return message
      if (this.#ended !== undefined) throw this.#ended
      if (signal?.aborted) throw new RaftError('ERR_ABORTED', 'given up', { cause: signal.reason })
      if (gaveUp.aborted) throw new RaftError('ERR_TIMEOUT', `nothing was heard for ${withinMs} ms`)
      await this.#changed(gaveUp)
    }
  }

  /** What was sent still arrives. */
  close(): void {
    this.#closing = true
    // The other end may have been faster; then there is nothing left to close.
    this.#stream
      .close({ signal: AbortSignal.timeout(1000) })
      .catch(() => this.#stream.abort(new Error('close')))
    this.#end('closed')
  }

  /** At once, unless it is closing already: then what was sent still arrives. */
  cut(error: Error): void {
    if (this.#closing) return
    this.#stream.abort(error)
    this.#ended ??= error
    this.#end(error.message)
  }

  #take(bytes: Uint8Array): void {
    if (this.#ended !== undefined) return
    this.#partial += this.#decoder.decode(bytes, { stream: true })
    const lines = this.#partial.split('\n')
    this.#partial = lines.pop() ?? ''
    try {
      for (const line of [...lines, this.#partial]) if (line.length > LINE_LENGTH_MAX) throw tooMuch('line')
      for (const line of lines) this.#unread.push(decodeLine(line))
      if (this.#unread.length > UNREAD_MESSAGES_MAX) throw tooMuch('unread messages')
    } catch (error) {
      this.cut(error as Error)
    }
    this.#wake()
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }

  #end(reason: string): void {
    this.#ended ??= new Error(reason)
    this.#closed.resolve(reason)
    this.#wake()
  }
}

const tooMuch = (what: string) =>
  new RaftError('ERR_DECODE', `forming message refused: ${what} beyond the limit`)

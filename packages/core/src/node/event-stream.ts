// Events for whoever listens. They are built only when somebody does, and a slow listener never slows consensus.
import type { ConsensusEvent } from '../consensus/events.js'
import type { NodeId } from '../consensus/types.js'
import type { EventOf, NodeEvent, NodeEventType, RuntimeEvent } from './types.js'

/** Events a slow async iterator may fall behind before it is told EventsDropped. */
const BUFFERED_EVENTS_MAX = 10_000

type Listener = (event: NodeEvent) => void

export class EventStream {
  readonly #node: NodeId
  readonly #now: () => number
  readonly #listeners = new Set<Listener>()
  readonly #closers = new Set<() => void>()
  #sequence = 0
  #closed = false

  constructor(node: NodeId, now: () => number) {
    this.#node = node
    this.#now = now
  }

  emit(event: ConsensusEvent | RuntimeEvent): void {
    this.#sequence++
    if (this.#listeners.size === 0) return
    const envelope: NodeEvent = { ...event, node: this.#node, sequence: this.#sequence, now: this.#now() }
    for (const listener of this.#listeners) listener(envelope)
  }

  /** Calls `listener` synchronously with each event of one type. A throwing listener is the caller's bug: reported. */
  on<Type extends NodeEventType>(type: Type, listener: (event: EventOf<Type>) => void): () => void {
    const filtered: Listener = (event) => {
      if (event.type !== type) return
      try {
        listener(event as EventOf<Type>)
      } catch (error) {
        reportError(error)
      }
    }
    this.#listeners.add(filtered)
    return () => void this.#listeners.delete(filtered)
  }

  /** After this every iteration ends once it has delivered what was emitted. */
  close(): void {
    this.#closed = true
    for (const closer of this.#closers) closer()
  }

  /** Every event from this call on. */
  iterate(signal?: AbortSignal): AsyncGenerator<NodeEvent, void, undefined> {
    const buffer: NodeEvent[] = []
    let dropped = 0
    let wake: (() => void) | undefined
    const wakeUp = (): void => wake?.()
    const listener: Listener = (event) => {
      if (buffer.length < BUFFERED_EVENTS_MAX) buffer.push(event)
      else dropped++
      wakeUp()
    }
    this.#listeners.add(listener)
    this.#closers.add(wakeUp)
    signal?.addEventListener('abort', wakeUp)
    const drain = async function* (stream: EventStream): AsyncGenerator<NodeEvent, void, undefined> {
      try {
        while (signal?.aborted !== true) {
          yield* buffer.splice(0)
          if (dropped > 0) {
            const count = dropped
            dropped = 0
            yield {
              type: 'EventsDropped',
              count,
              node: stream.#node,
              sequence: stream.#sequence,
              now: stream.#now(),
            }
          }
          if (buffer.length > 0) continue
          if (stream.#closed) return
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      } finally {
        stream.#listeners.delete(listener)
        stream.#closers.delete(wakeUp)
        signal?.removeEventListener('abort', wakeUp)
      }
    }
    return drain(this)
  }
}

/** Makes a bug in a listener as visible as an uncaught exception, without disturbing the node's turn. */
function reportError(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

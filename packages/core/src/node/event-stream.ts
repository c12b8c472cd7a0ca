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
  readonly #byType = new Map<NodeEventType, Set<Listener>>()
  readonly #toAll = new Set<Listener>()
  readonly #iterations = new Set<Iteration>()
  readonly #note: ((event: ConsensusEvent | RuntimeEvent) => void) | undefined
  #sequence = 0
  #closed = false

  /** `note` is told of everything, listeners or not. */
  constructor(node: NodeId, now: () => number, note?: (event: ConsensusEvent | RuntimeEvent) => void) {
    this.#node = node
    this.#now = now
    this.#note = note
  }

  /** How many listen. */
  get listeners(): number {
    let count = this.#toAll.size
    for (const listeners of this.#byType.values()) count += listeners.size
    return count
  }

  emit(event: ConsensusEvent | RuntimeEvent): void {
    this.#sequence++
    this.#note?.(event)
    const those = this.#byType.get(event.type)
    if (those === undefined && this.#toAll.size === 0) return
    const envelope: NodeEvent = { ...event, node: this.#node, sequence: this.#sequence, now: this.#now() }
    if (those !== undefined) for (const listener of those) listener(envelope)
    for (const listener of this.#toAll) listener(envelope)
  }

  /** Calls `listener` synchronously with each event of one type. A throwing listener is the caller's bug: reported. */
  on<Type extends NodeEventType>(type: Type, listener: (event: EventOf<Type>) => void): () => void {
    const guarded: Listener = (event) => {
      try {
        listener(event as EventOf<Type>)
      } catch (error) {
        reportError(error)
      }
    }
    const those = this.#byType.get(type) ?? new Set()
    this.#byType.set(type, those.add(guarded))
    return () => {
      those.delete(guarded)
      if (those.size === 0 && this.#byType.get(type) === those) this.#byType.delete(type)
    }
  }

  /** After this every iteration ends once it has delivered what was emitted. */
  close(): void {
    this.#closed = true
    for (const iteration of this.#iterations) iteration.close()
  }

  /** Every event from this call on. */
  iterate(signal?: AbortSignal): AsyncGenerator<NodeEvent, void, undefined> {
    const iteration = new Iteration()
    const listener: Listener = (event) => iteration.push(event)
    const end = (): void => {
      this.#toAll.delete(listener)
      this.#iterations.delete(iteration)
      signal?.removeEventListener('abort', end)
      iteration.end()
    }
    if (this.#closed) iteration.close()
    this.#toAll.add(listener)
    this.#iterations.add(iteration)
    signal?.addEventListener('abort', end)
    if (signal?.aborted) end()
    return endingWith(iteration.drain(end), end)
  }
}

/** One reader's events: read or not, however slowly, they are bounded. */
class Iteration {
  #buffer: NodeEvent[] = []
  #state: 'open' | 'closed' | 'ended' = 'open'
  #wake: (() => void) | undefined

  push(event: NodeEvent): void {
    const last = this.#buffer.at(-1)
    if (this.#buffer.length < BUFFERED_EVENTS_MAX) {
      this.#buffer.push(event)
    } else {
      // The mark stands where the events are missing, and has the sequence of the last of them.
      const { node, sequence, now } = event
      const gap = last?.type === 'EventsDropped' ? this.#buffer.pop() : undefined
      const count = (gap?.type === 'EventsDropped' ? gap.count : 0) + 1
      this.#buffer.push({ type: 'EventsDropped', count, node, sequence, now })
    }
    this.#wake?.()
  }

  /** What is there is still delivered. */
  close(): void {
    if (this.#state === 'open') this.#state = 'closed'
    this.#wake?.()
  }

  /** Nobody reads any more. */
  end(): void {
    this.#state = 'ended'
    this.#buffer = []
    this.#wake?.()
  }

  async *drain(end: () => void): AsyncGenerator<NodeEvent, void, undefined> {
    try {
      for (;;) {
        for (const event of this.#buffer.splice(0)) {
          if (this.#state === 'ended') return
          yield event
        }
        if (this.#buffer.length > 0) continue
        if (this.#state !== 'open') return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      end()
    }
  }
}

/** A generator that was never begun runs no `finally`, and one that waits hears of `return` only when it goes on. */
function endingWith<Generator extends AsyncGenerator<NodeEvent, void, undefined>>(
  generator: Generator,
  end: () => void,
): Generator {
  const { return: original } = generator
  generator.return = (value) => {
    end()
    return original.call(generator, value)
  }
  return generator
}

/** Makes a bug in a listener as visible as an uncaught exception, without disturbing the node's turn. */
function reportError(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

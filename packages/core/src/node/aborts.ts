// The callers' signals. One listener per signal, however many requests share it: a host looks through all listeners of
// a signal whenever one is added or removed, and thousands of requests often share one.

type Abort = (cause: unknown) => void

interface Watched {
  readonly requests: Set<Abort>
  readonly listener: () => void
}

export class Aborts {
  readonly #signals = new Map<AbortSignal, Watched>()

  /** Calls `abort` when the signal fires, until the returned function is called. */
  watch(signal: AbortSignal, abort: Abort): () => void {
    const watched = this.#signals.get(signal) ?? this.#listenTo(signal)
    watched.requests.add(abort)
    return () => {
      watched.requests.delete(abort)
      if (watched.requests.size === 0) this.#forget(signal, watched)
    }
  }

  #listenTo(signal: AbortSignal): Watched {
    const requests = new Set<Abort>()
    const listener = (): void => {
      for (const abort of requests) abort(signal.reason)
    }
    const watched = { requests, listener }
    this.#signals.set(signal, watched)
    signal.addEventListener('abort', listener)
    return watched
  }

  #forget(signal: AbortSignal, { listener }: Watched): void {
    this.#signals.delete(signal)
    signal.removeEventListener('abort', listener)
  }
}

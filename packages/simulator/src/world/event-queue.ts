// What will happen, in order: a binary heap by time, then by order of arrival.

export interface Scheduled {
  readonly at: number
  readonly order: number
  /** Undefined once cancelled: it stays in the heap and is passed over. */
  run: (() => void) | undefined
}

export class EventQueue {
  readonly #heap: Scheduled[] = []
  #order = 0

  push(at: number, run: () => void): Scheduled {
    const event = { at, order: this.#order++, run }
    const heap = this.#heap
    let child = heap.push(event) - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!before(event, heap[parent]!)) break
      heap[child] = heap[parent]!
      child = parent
    }
    heap[child] = event
    return event
  }

  /** The time of the next event that is not cancelled; Infinity when there is none. */
  get nextAt(): number {
    while (this.#heap.length > 0 && this.#heap[0]!.run === undefined) this.#removeFirst()
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Removes the next event. `nextAt` was asked before, so it is not a cancelled one. */
  shift(): Scheduled {
    const first = this.#heap[0]!
    this.#removeFirst()
    return first
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()!
    const { length } = heap
    if (length === 0) return
    let parent = 0
    for (;;) {
      let child = parent * 2 + 1
      if (child >= length) break
      if (child + 1 < length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[parent] = heap[child]!
      parent = child
    }
    heap[parent] = last
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

// The part of a history under search, laid out for it: who may take effect when.
//
// Returned operations are numbered by return: number p must be placed before the search goes on to p + 1, so "the
// position" p stands for all operations before it. Operations without an outcome follow, in the order of their calls.
//
// A returned operation matters to a configuration only from its call to its return. For that time it holds a slot, one
// bit; the set of operations placed ahead of their return takes as many bits as there were ever operations at once.
import { type Configuration, has } from './configurations.js'
import type { History, Returned, Unknown } from './history.js'
import type { Model } from './model.js'

export type Placeable<Input, Output> = Returned<Input, Output> | Unknown<Input>

export class Timeline<Input, Output> {
  readonly operations: readonly Placeable<Input, Output>[]
  readonly returnedCount: number
  readonly unknownCount: number
  /** The bit of each operation in a configuration. */
  readonly bitOf: Int32Array
  /** Words of 32 bits for slots; those for operations without an outcome come after them. */
  readonly slotWords: number
  readonly words: number
  /** Per operation: 1 if it changes nothing. */
  readonly readOnly: Uint8Array
  /** Per operation: 1 if it makes what was before it invisible. */
  readonly overwrites: Uint8Array
  /** Per operation without an outcome: the one before it with the same effect, or -1. */
  readonly twinOf: Int32Array
  /** Per position: operations without an outcome that have been called by then. */
  readonly #unknownUntil: Int32Array
  /** Per returned operation: the first position at which it has been called. */
  readonly #from: Int32Array
  /** Per slot: the operations that hold it, one after the other. */
  readonly #holders: number[][]
  #pending: { position: number; operations: number[] } = { position: -1, operations: [] }

  constructor(model: Model<unknown, Input, Output>, history: History<Input, Output>) {
    const returned = history.filter((operation) => operation.outcome === 'returned')
    returned.sort((a, b) => a.returnedAt - b.returnedAt || a.calledAt - b.calledAt)
    // Without outcome and without effect: leaving it out of an order keeps the order legal.
    const unknown = history.filter(
      (operation) => operation.outcome === 'unknown' && !model.readOnly?.(operation.input),
    ) as Unknown<Input>[]
    // Not by subtraction: a time may be infinite here.
    unknown.sort((a, b) => (a.calledAt < b.calledAt ? -1 : a.calledAt > b.calledAt ? 1 : 0))

    this.operations = [...returned, ...unknown]
    this.returnedCount = returned.length
    this.unknownCount = unknown.length
    const calledBy = (calledAt: number): number =>
      lowerBound(returned.length, (position) => returned[position]!.returnedAt >= calledAt)
    this.#from = Int32Array.from(returned, (operation) => calledBy(operation.calledAt))
    this.#unknownUntil = countUntil(
      returned.length,
      unknown.map((operation) => calledBy(operation.calledAt)),
    )
    this.bitOf = new Int32Array(this.operations.length)
    this.#holders = assignSlots(this.#from, this.bitOf)
    this.slotWords = Math.ceil(this.#holders.length / 32)
    this.words = this.slotWords + Math.ceil(unknown.length / 32)
    for (let i = 0; i < unknown.length; i++) this.bitOf[returned.length + i] = this.slotWords * 32 + i

    const flag = (test?: (input: Input) => boolean): Uint8Array =>
      Uint8Array.from(this.operations, ({ input }) => (test?.(input) ? 1 : 0))
    this.readOnly = flag(model.readOnly?.bind(model))
    this.overwrites = flag(model.overwrites?.bind(model))
    this.twinOf = findTwins(this.operations, returned.length, model)
  }

  /** Returned operations that may be placed ahead of the one at `position`, by return. */
  pendingAt(position: number): readonly number[] {
    if (this.#pending.position === position) return this.#pending.operations
    const operations: number[] = []
    for (const holders of this.#holders) {
      const holder = holders[lowerBound(holders.length, (i) => holders[i]! >= position)]
      if (holder !== undefined && holder !== position && this.#from[holder]! <= position)
        operations.push(holder)
    }
    operations.sort((a, b) => a - b)
    this.#pending = { position, operations }
    return operations
  }

  /** The first position at which a returned operation has been called. */
  firstPositionOf(operation: number): number {
    return this.#from[operation]!
  }

  isCalledAt(operation: number, position: number): boolean {
    if (operation < this.returnedCount) return this.#from[operation]! <= position
    return operation < this.unknownEndAt(position)
  }

  isPlaced(operation: number, { position, bits }: Pick<Configuration, 'position' | 'bits'>): boolean {
    if (operation < position) return true
    const isSlotHeld = operation >= this.returnedCount || this.#from[operation]! <= position
    return isSlotHeld && has(bits, this.bitOf[operation]!)
  }

  /** The end of the operations without an outcome that may be placed at `position`. */
  unknownEndAt(position: number): number {
    return this.returnedCount + this.#unknownUntil[position]!
  }
}

/** The first of 0..count-1 that passes, or count; all after the first one pass. */
function lowerBound(count: number, passes: (i: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function countUntil(positions: number, ascending: readonly number[]): Int32Array {
  let count = 0
  return Int32Array.from({ length: positions }, (_, position) => {
    while (count < ascending.length && ascending[count]! <= position) count++
    return count
  })
}

function assignSlots(from: Int32Array, bitOf: Int32Array): number[][] {
  const arrivals: number[][] = Array.from(from, () => [])
  for (let operation = 0; operation < from.length; operation++) arrivals[from[operation]!]!.push(operation)
  const holders: number[][] = []
  const free: number[] = []
  for (let position = 0; position < from.length; position++) {
    for (const operation of arrivals[position]!) {
      const slot = free.pop() ?? holders.push([]) - 1
      holders[slot]!.push(operation)
      bitOf[operation] = slot
    }
    free.push(bitOf[position]!)
  }
  return holders
}

function findTwins<Input, Output>(
  operations: readonly Placeable<Input, Output>[],
  start: number,
  model: Model<unknown, Input, Output>,
): Int32Array {
  const latest = new Map<string | number, number>()
  const twinOf = new Int32Array(operations.length).fill(-1)
  for (let operation = start; operation < operations.length; operation++) {
    const key = model.effectKey?.(operations[operation]!.input)
    if (key === undefined) continue
    twinOf[operation] = latest.get(key) ?? -1
    latest.set(key, operation)
  }
  return twinOf
}

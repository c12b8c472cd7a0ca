// One history drawn at random, held against the plain model after every step.
import type { LogIndex, StoredBlock, WriteBatch } from '@riverraft/core'
import { check, same } from '../assert.js'
import type { Bench } from './bench.js'
import { block, logFrom, readChecked, stored, textOf } from './entries.js'
import { Model } from './model.js'
import type { Random } from './random.js'
import { chunks, expectSnapshot, metadataOf } from './snapshot-content.js'

/** What may happen in a history. */
export interface HistoryOptions {
  /** Loses the power, and resolves when the next process may come. */
  readonly losePower?: () => Promise<void>
}

export class History {
  readonly #bench: Bench
  readonly #random: Random
  readonly #options: HistoryOptions
  #model = new Model()
  #term = 1
  /** What happened. */
  readonly #story: string[] = []

  constructor(bench: Bench, random: Random, options: HistoryOptions) {
    this.#bench = bench
    this.#random = random
    this.#options = options
  }

  async run(steps: number): Promise<void> {
    await this.#bench.open()
    const kinds = ['write', 'write', 'write', 'write']
    if (this.#bench.durable) kinds.push('reopen')
    if (this.#bench.keepsSnapshots) kinds.push('snapshot', 'compact', 'restart')
    if (this.#options.losePower !== undefined) kinds.push('lose power', 'lose power')
    for (let step = 0; step < steps; step++) {
      await this.#step(this.#random.pick(kinds))
      await this.#look()
    }
    if (!this.#bench.durable) return
    await this.#reopen()
    same(
      await logFrom(this.#bench.storage, this.#model.compacted + 1),
      this.#model.texts(this.#model.compacted + 1),
      'the log in the end',
    )
  }

  /** What went wrong, and what had happened before. */
  tell(error: unknown): string {
    const message = error instanceof Error ? error.message : String(error)
    return [`${message}; what happened:`, ...this.#story.map((line, i) => `${i + 1}. ${line}`)].join('\n  ')
  }

  #step(kind: string): Promise<void> {
    if (kind === 'reopen') return this.#reopen()
    if (kind === 'snapshot') return this.#saveSnapshot()
    if (kind === 'compact') return this.#compact()
    if (kind === 'restart') return this.#restart()
    if (kind === 'lose power') return this.#losePower(this.#options.losePower!)
    return this.#write()
  }

  async #write(): Promise<void> {
    const batch = this.#drawBatch()
    this.#note('write', batch)
    await this.#bench.written(batch)
    this.#model.write(batch)
  }

  /** What a snapshot holds is committed: nobody truncates it. What is cut off is replaced in a later term. */
  #drawBatch(): WriteBatch {
    const random = this.#random
    const model = this.#model
    const lowest = Math.max(model.base, model.snapshot?.metadata.index ?? 0) + 1
    const truncateFrom = random.chance(0.3) ? random.between(lowest, model.lastIndex + 1) : undefined
    if (truncateFrom !== undefined || random.chance(0.2)) this.#term++
    const end = (truncateFrom ?? model.lastIndex + 1) - 1
    const blocks = this.#drawBlocks(end, random.between(0, 3))
    const votedFor = random.chance(0.5) ? `n${random.between(1, 5)}` : undefined
    const hardState = random.chance(0.4) ? { currentTerm: this.#term, votedFor } : undefined
    const generation = random.chance(0.05) ? model.generation + 1 : undefined
    return { truncateFrom, blocks, hardState, generation }
  }

  #drawBlocks(end: LogIndex, count: number): StoredBlock[] {
    const random = this.#random
    const blocks: StoredBlock[] = []
    for (let i = 0; i < count; i++) {
      const known = Math.min(random.chance(0.3) ? random.between(1, 3) : 0, end)
      const length = random.between(1, 5)
      const padding = random.chance(0.1) ? random.between(500, 20_000) : 0
      blocks.push(stored(block(end + 1 - known, length + known, this.#term, { padding }), end + 1))
      end += length
    }
    return blocks
  }

  async #reopen(): Promise<void> {
    this.#note('reopen')
    this.#model.expectState(await this.#bench.reopen(), 'open')
  }

  async #saveSnapshot(): Promise<void> {
    const model = this.#model
    const lowest = Math.max(model.base + 1, model.snapshot?.metadata.index ?? 0)
    if (lowest > model.lastIndex) return
    const index = this.#random.between(lowest, model.lastIndex)
    await this.#save(index, model.termAt(index))
  }

  async #save(index: LogIndex, term: number): Promise<void> {
    const metadata = metadataOf(index, term)
    const content = `state at ${index}, `.repeat(this.#random.between(0, 40))
    const size = this.#random.between(1, 200)
    const parts = Array.from({ length: Math.ceil(content.length / size) }, (_, i) =>
      content.slice(i * size, (i + 1) * size),
    )
    this.#note(`snapshot of ${index}@${term}`)
    await this.#bench.storage.saveSnapshot(metadata, chunks(...parts))
    this.#model.snapshot = { metadata, content }
  }

  async #compact(): Promise<void> {
    const model = this.#model
    const through = this.#random.between(0, model.lastIndex + 2)
    this.#note(`compact(${through})`)
    await this.#bench.storage.compact(through)
    model.compacted = Math.max(model.compacted, Math.min(through, model.snapshot?.metadata.index ?? 0))
  }

  /** A snapshot of another history comes from a leader. */
  async #restart(): Promise<void> {
    const random = this.#random
    const model = this.#model
    const lowest = Math.max(model.base, model.snapshot?.metadata.index ?? 0) + 1
    const index = random.between(lowest, model.lastIndex + 10)
    this.#term++
    await this.#save(index, this.#term)
    const before = random.pick(
      this.#bench.durable ? ['nothing', 'compact', 'reopen'] : ['nothing', 'compact'],
    )
    if (before === 'compact') await this.#bench.storage.compact(index)
    const behind = { index, term: this.#term }
    const truncateFrom = random.chance(0.3) ? index + 1 : undefined
    const opened = before === 'reopen' ? await this.#bench.reopen() : undefined
    model.restart(index)
    if (opened !== undefined) model.expectState(opened, 'open behind a snapshot ahead of the log')
    const blocks = this.#drawBlocks(index, random.between(1, 3))
    // The next snapshot may be there before the log restarts behind this one. What it holds comes with the entries.
    if (random.chance(0.4))
      await this.#save(random.between(index, blocks.at(-1)!.block.lastIndex), this.#term)
    const batch = { truncateFrom, restartBehind: behind, blocks, hardState: undefined }
    this.#note(`${before}, and a restart behind ${index} by`, batch)
    await this.#bench.written(batch)
    model.write({ ...batch, truncateFrom: undefined })
  }

  /** In the middle of a write: it has happened as a whole or not at all, and for certain when it was completed. */
  async #losePower(losePower: () => Promise<void>): Promise<void> {
    const batch = this.#drawBatch()
    const ticks = this.#random.between(0, 40)
    this.#note(`power lost after ${ticks} ticks of the write`, batch)
    let completed = false
    void this.#bench.write(batch).then((error) => {
      completed = error === undefined
    })
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    const wasCompleted = completed
    await losePower()
    const after = this.#model.copy()
    after.write(batch)
    const state = await this.#bench.bootAgain()
    try {
      after.expectState(state, 'open after the loss of power, the write completed')
      this.#model = after
    } catch (error) {
      if (wasCompleted) throw error
      this.#model.expectState(state, 'open after the loss of power, the write under way lost')
    }
  }

  async #look(): Promise<void> {
    const { storage } = this.#bench
    const model = this.#model
    same(await storage.read(model.lastIndex + 1, 1_000), [], 'read behind the end')
    if (model.lastIndex > model.compacted) {
      const from = this.#random.between(model.compacted + 1, model.lastIndex)
      const bytesMax = this.#random.pick([1, 300, 5_000, 1_000_000])
      const found = await readChecked(storage, from, bytesMax)
      check(found.length > 0, `read(${from}) finds nothing, the log ends at ${model.lastIndex}`)
      const { firstIndex } = found[0]!
      const { lastIndex } = found.at(-1)!
      const expected = model.texts(firstIndex).slice(0, lastIndex - firstIndex + 1)
      same(textOf(found), expected, `read(${from}, ${bytesMax})`)
    }
    if (model.snapshot === undefined) return
    await expectSnapshot(storage, model.snapshot.metadata, model.snapshot.content)
  }

  #note(what: string, batch?: WriteBatch): void {
    const { truncateFrom, blocks = [], hardState, generation } = batch ?? {}
    const parts = [what]
    if (truncateFrom !== undefined) parts.push(`cut from ${truncateFrom}`)
    for (const one of blocks) parts.push(`${one.firstIndex}..${one.block.lastIndex}@${one.block.term}`)
    if (hardState !== undefined) parts.push(`term ${hardState.currentTerm} vote ${hardState.votedFor}`)
    if (generation !== undefined) parts.push(`generation ${generation}`)
    this.#story.push(parts.join(' '))
  }
}
